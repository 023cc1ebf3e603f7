#pragma once

#include <cstddef>
#include <string_view>

#include "common/error.h"
#include "ledger/issuance_row.h"
#include "ledger/mysql_connection.h"

namespace coupon::ledger {

// How rows of coupon_issuance come back. Pure; any thread.

/// The columns of an issuance with its redemption, of the table with the alias i.
inline constexpr std::string_view kIssuanceColumns =
    "i.coupon_id, i.user_id, i.sequence, i.date_issued, i.date_used, i.order_amount";
inline constexpr std::size_t kIssuanceColumnCount = 6;

/// From a row that begins with kIssuanceColumns. kDamaged: a value that cannot be.
Result<IssuanceRow> ReadIssuanceRow(MysqlRowView row);
/// The same of the first four alone.
Result<Issuance> ReadIssuance(MysqlRowView row);

}  // namespace coupon::ledger
