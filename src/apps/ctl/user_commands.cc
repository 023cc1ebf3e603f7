#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "apps/ctl/commands.h"
#include "apps/ctl/render.h"
#include "common/exit_code.h"

namespace coupon::ctl {
namespace {

namespace json = boost::json;

std::string ClaimsPath(CouponId coupon) {
    return fmt::format("/v1/coupons/{}/claims", coupon.value);
}

std::string RedemptionPath(CouponId coupon, UserId user) {
    return fmt::format("{}/{}/redemption", ClaimsPath(coupon), user.value);
}

}  // namespace

int Claim(Session& session, CouponId coupon, UserId user) {
    const json::object body{{"userId", user.value}};
    return session.Run(
        {.verb = Verb::kPost, .path = ClaimsPath(coupon), .body = json::serialize(body)},
        CallKind::kUserAct, RenderClaim);
}

int ShowHoldings(Session& session, UserId user) {
    const OrExit<json::object> list =
        FetchPages(session, {.path = fmt::format("/v1/users/{}/coupons", user.value)}, {});
    if (!list) return list.error();
    session.Print(*list, RenderHoldings);
    if (list->at("coupons").get_array().empty()) session.Say("the user holds no coupon");
    return kExitOk;
}

int Redeem(Session& session, CouponId coupon, UserId user, Money order_amount) {
    const json::object body{{"orderAmount", order_amount.minor_units}};
    return session.Run(
        {.verb = Verb::kPost, .path = RedemptionPath(coupon, user), .body = json::serialize(body)},
        CallKind::kUserAct, RenderClaim);
}

int UndoRedemption(Session& session, CouponId coupon, UserId user) {
    return session.Run({.verb = Verb::kDelete, .path = RedemptionPath(coupon, user)},
                       CallKind::kUserAct, RenderClaim);
}

}  // namespace coupon::ctl
