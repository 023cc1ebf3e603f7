#pragma once

#include <functional>
#include <vector>

#include "common/error.h"
#include "ledger/sqlite_connection.h"
#include "ledger/sqlite_ledger.h"

namespace coupon::ledger {

/// SqliteLedger::LoadCoupons and LoadIssuances, which say what they promise.
Result<std::vector<SqliteLedger::StoredCoupon>> LoadCouponRows(Connection& connection);
Result<void> LoadIssuanceRows(
    Connection& connection,
    const std::function<Result<void>(const SqliteLedger::StoredIssuance&)>& visit);

}  // namespace coupon::ledger
