#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "common/coupon.h"
#include "ledger/sqlite_connection.h"

namespace coupon::ledger {

/// The columns of a coupon, in the order that BindCoupon binds (from parameter 1) and ReadCoupon
/// reads (from column 0); checksum_of them is the row's checksum. issued_quantity is not among
/// them: only an append of issuances moves it.
inline constexpr std::string_view kCouponColumns =
    "id, name, total_quantity, discount_price, minimum_price, date_issue_start, date_issue_end, "
    "expires_at, state, shadow, date_created, date_updated";
inline constexpr int kCouponColumnCount = 12;

/// `coupon` must live until the statement is reset.
void BindCoupon(Statement& statement, const Coupon& coupon);

/// Whether a stored coupon can be true; the error is what is wrong with it, readable.
std::expected<Coupon, std::string> ReadCoupon(const Statement& row);

/// Milliseconds since 1970, as stored.
std::int64_t ToMs(WallTime time);
WallTime FromMs(std::int64_t ms);

}  // namespace coupon::ledger
