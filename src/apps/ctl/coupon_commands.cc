#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "apps/ctl/commands.h"
#include "apps/ctl/render.h"
#include "common/exit_code.h"
#include "common/limits.h"
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

/// One page's coupons moved behind `all`; the id to go on after, nullopt at the end.
std::optional<std::int64_t> TakePage(json::value& page, json::array& all) {
    if (!page.is_object()) return std::nullopt;
    json::object& object = page.get_object();
    if (json::value* coupons = object.if_contains("coupons"); coupons && coupons->is_array()) {
        for (json::value& coupon : coupons->get_array()) all.push_back(std::move(coupon));
    }
    return IntegerOf(object, "next");
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

int ListCoupons(Session& session, const CouponRange& range) {
    json::array all;
    std::int64_t after = range.after.value;
    std::optional<std::int64_t> next;
    do {
        auto count = static_cast<std::int64_t>(limits::kPageSizeMax);
        if (range.limit) count = std::min(count, *range.limit - static_cast<std::int64_t>(all.size()));
        OrExit<json::value> page =
            session.Fetch({.path = fmt::format("/v1/coupons?after={}&limit={}", after, count)},
                          CallKind::kRead);
        if (!page) return page.error();
        next = TakePage(*page, all);
        if (next && *next <= after) {
            session.Say("the server's list does not move on: it is not complete");
            return kExitUnavailable;
        }
        after = next.value_or(after);
    } while (next && (!range.limit || static_cast<std::int64_t>(all.size()) < *range.limit));

    const bool is_empty = all.empty();
    json::object list{{"coupons", std::move(all)}, {"next", nullptr}};
    if (next) list["next"] = *next;
    session.Print(list, RenderCouponList);
    if (is_empty) session.Say("no coupons");
    if (next) session.Say(fmt::format("there are more: --after {}", *next));
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
    return session.Run({.verb = Verb::kPost,
                        .path = CouponPath(coupon) + "/stock",
                        .body = json::serialize(body)},
                       CallKind::kAddition, RenderCoupon);
}

}  // namespace coupon::ctl
