#pragma once

#include <string_view>
#include <vector>

#include "common/error.h"
#include "ledger/mysql_connection.h"
#include "ledger/mysql_coupons.h"

namespace coupon::ledger {

/// The columns of a coupon in the order that ReadLedgerCoupon takes them.
inline constexpr std::string_view kLedgerCouponColumns =
    "id, name, total_quantity, issued_quantity, discount_price, minimum_price, issue_start_date, "
    "issue_end_date, expires_at, state, shadow, epoch, last_change, created_at, updated_at";

/// kDamaged names a row that cannot be true: what ValidateCoupon refuses, an unknown state, more
/// issued than the stock. Pure.
Result<LedgerCoupon> ReadLedgerCoupon(const MysqlRow& row);

enum class RowLock { kNone, kForUpdate };
/// The coupon's row, kForUpdate: locked to the end of the transaction. kNotFound: there is none.
Result<LedgerCoupon> SelectLedgerCoupon(MysqlConnection& connection, CouponId id, RowLock lock);

/// Of rows with an id each. kDamaged when one is none. Pure.
Result<std::vector<CouponId>> CouponIdsOf(const std::vector<MysqlRow>& rows);

}  // namespace coupon::ledger
