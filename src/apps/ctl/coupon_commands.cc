#include <fmt/format.h>

#include <boost/json/serialize.hpp>

#include "apps/ctl/commands.h"
#include "apps/ctl/render.h"
#include "common/exit_code.h"
#include "common/time_format.h"

namespace coupon::ctl {
namespace {

namespace json = boost::json;

std::string CouponPath(CouponId coupon) { return fmt::format("/v1/coupons/{}", coupon.value); }

json::object CouponBody(const NewCoupon& coupon, WallTime now) {
    json::object body{{"name", coupon.name},
                      {"totalQuantity", nullptr},
                      {"discountPrice", coupon.discount.minor_units},
                      {"minimumPrice", coupon.minimum.minor_units},
                      {"issueStartDate", FormatRfc3339(coupon.start.Resolve(now))},
                      {"issueEndDate", FormatRfc3339(coupon.end.Resolve(now))}};
    if (coupon.total) body["totalQuantity"] = *coupon.total;
    if (coupon.expires) body["expiresAt"] = FormatRfc3339(coupon.expires->Resolve(now));
    if (coupon.shadow) body["shadow"] = true;
    return body;
}

}  // namespace

int CreateCoupon(Session& session, const NewCoupon& coupon) {
    const bool needs_now = coupon.start.relative || coupon.end.relative ||
                           (coupon.expires && coupon.expires->relative);
    WallTime now{};
    if (needs_now) {
        const OrExit<WallTime> server_time = session.ServerTime();
        if (!server_time) return server_time.error();
        now = *server_time;
    }
    return session.Run({.verb = Verb::kPost,
                        .path = "/v1/coupons",
                        .body = json::serialize(CouponBody(coupon, now))},
                       CallKind::kAddition, RenderCoupon);
}

int ListCoupons(Session& session, const PageRange& range) {
    const OrExit<json::object> list = FetchPages(session, {.path = "/v1/coupons"}, range);
    if (!list) return list.error();
    session.Print(*list, RenderCouponList);
    if (list->at("coupons").get_array().empty()) session.Say("no coupons");
    if (const auto next = IntegerOf(*list, "next")) {
        session.Say(fmt::format("there are more: --after {}", *next));
    }
    return kExitOk;
}

int ShowCoupon(Session& session, CouponId coupon) {
    return session.Run({.path = CouponPath(coupon)}, CallKind::kRead, RenderCoupon);
}

int SetCouponState(Session& session, CouponId coupon, CouponState state) {
    const json::object body{{"state", ToString(state)}};
    const int code = session.Run(
        {.verb = Verb::kPatch, .path = CouponPath(coupon), .body = json::serialize(body)},
        CallKind::kSetting, RenderCoupon);
    if (code == kExitOk && state == CouponState::kClosed) {
        session.Say("closed for good: a closed coupon is not opened again");
    }
    return code;
}

int ChangeStock(Session& session, CouponId coupon, std::int64_t delta) {
    const json::object body{{"delta", delta}};
    return session.Run(
        {.verb = Verb::kPost, .path = CouponPath(coupon) + "/stock", .body = json::serialize(body)},
        CallKind::kAddition, RenderCoupon);
}

}  // namespace coupon::ctl
