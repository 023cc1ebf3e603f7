#include "ledger/sqlite_coupon_row.h"

#include <fmt/format.h>

#include "common/limits.h"

namespace coupon::ledger {

namespace {

/// Bytes of the UTF-8 character that starts here; 0 if none does (also overlong, surrogate, above U+10FFFF).
std::size_t CharacterBytes(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto follows = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0) == 0x80; };
    const unsigned first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first < 0xE0) return follows(1) ? 2 : 0;
    if (first >= 0xE0 && first < 0xF0) {
        if (!follows(1) || !follows(2)) return 0;
        if (first == 0xE0 && byte(1) < 0xA0) return 0;
        return first == 0xED && byte(1) >= 0xA0 ? 0 : 3;
    }
    if (first >= 0xF0 && first < 0xF5) {
        if (!follows(1) || !follows(2) || !follows(3)) return 0;
        if (first == 0xF0 && byte(1) < 0x90) return 0;
        return first == 0xF4 && byte(1) >= 0x90 ? 0 : 4;
    }
    return 0;
}

bool IsName(std::string_view text) {
    std::size_t characters = 0;
    while (!text.empty()) {
        const std::size_t bytes = CharacterBytes(text);
        const auto first = static_cast<unsigned char>(text.front());
        if (bytes == 0 || first < 0x20 || first == 0x7F) return false;
        text.remove_prefix(bytes);
        ++characters;
    }
    return characters >= 1 && characters <= limits::kNameCharactersMax;
}

}  // namespace

std::int64_t ToMs(WallTime time) {
    return time.time_since_epoch().count();
}

WallTime FromMs(std::int64_t ms) {
    return WallTime(std::chrono::milliseconds(ms));
}

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
    if (coupon.id.value < 1 || coupon.id.value > limits::kCouponsMax) return wrong("its id is out of range");
    if (!IsName(coupon.name)) return wrong("its name is empty, too long or not UTF-8");
    if (coupon.issue_start >= coupon.issue_end) return wrong("its window is empty");
    if (coupon.discount_price.minor_units < 0 || coupon.minimum_price.minor_units < 0) return wrong("money below 0");
    if (coupon.total_quantity && (*coupon.total_quantity < 0 || *coupon.total_quantity > limits::kSequenceMax)) {
        return wrong("its total quantity is out of range");
    }
    return coupon;
}

}  // namespace coupon::ledger
