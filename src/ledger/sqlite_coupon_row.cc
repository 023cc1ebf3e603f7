#include "ledger/sqlite_coupon_row.h"

#include <fmt/format.h>

#include "common/coupon_rules.h"
#include "common/limits.h"

namespace coupon::ledger {

std::int64_t ToMs(WallTime time) { return time.time_since_epoch().count(); }

WallTime FromMs(std::int64_t ms) { return WallTime(std::chrono::milliseconds(ms)); }

void BindCoupon(Statement& statement, const Coupon& coupon) {
    const auto expires = coupon.expires_at ? std::optional(ToMs(*coupon.expires_at)) : std::nullopt;
    statement.Bind(1, coupon.id.value);
    statement.Bind(2, std::string_view(coupon.name));
    statement.Bind(3, coupon.total_quantity);
    statement.Bind(4, coupon.discount_price.minor_units);
    statement.Bind(5, coupon.minimum_price.minor_units);
    statement.Bind(6, ToMs(coupon.issue_start));
    statement.Bind(7, ToMs(coupon.issue_end));
    statement.Bind(8, expires);
    statement.Bind(9, ToString(coupon.state));
    statement.Bind(10, std::int64_t{coupon.shadow ? 1 : 0});
    statement.Bind(11, ToMs(coupon.created_at));
    statement.Bind(12, ToMs(coupon.updated_at));
}

std::expected<Coupon, std::string> ReadCoupon(const Statement& row) {
    const auto wrong = [&](std::string_view what) {
        return std::unexpected(fmt::format("coupon {}: {}", row.Int(0), what));
    };
    const std::optional<CouponState> state = ParseCouponState(row.Text(8));
    if (!state) return wrong("unknown state");
    Coupon coupon{.id = CouponId(row.Int(0)),
                  .name = std::string(row.Text(1)),
                  .total_quantity = row.OptionalInt(2),
                  .discount_price = Money(row.Int(3)),
                  .minimum_price = Money(row.Int(4)),
                  .issue_start = FromMs(row.Int(5)),
                  .issue_end = FromMs(row.Int(6)),
                  .expires_at = std::nullopt,
                  .state = *state,
                  .shadow = row.Int(9) != 0,
                  .created_at = FromMs(row.Int(10)),
                  .updated_at = FromMs(row.Int(11))};
    if (const auto expires = row.OptionalInt(7)) coupon.expires_at = FromMs(*expires);
    if (coupon.id.value < 1 || coupon.id.value > limits::kCouponsMax) {
        return wrong("its id is out of range");
    }
    if (const Result<void> valid = ValidateCoupon(coupon); !valid) {
        return wrong(valid.error().detail);
    }
    return coupon;
}

}  // namespace coupon::ledger
