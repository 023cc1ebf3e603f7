#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/error.h"
#include "common/ids.h"
#include "ledger/mysql_pool.h"

namespace coupon::ledger {

/// What became of a coupon's admitted claims, as far as the ledger knows.
struct LedgerTally {
    CouponId coupon;
    std::int64_t issued = 0;  ///< rows of issuances, as the writer counts them
    std::int64_t dead_letters = 0;  ///< whatever became of them since

    bool operator==(const LedgerTally&) const = default;
};

/// Of those of `coupons` that exist, by id, all of one moment: one statement, and no row of an
/// issuance is looked at. Blocking; any thread. Errors: those of MysqlPool::Take and mysql_error.h;
/// kDamaged.
Result<std::vector<LedgerTally>> ReadTallies(MysqlPool& pool, std::span<const CouponId> coupons);

}  // namespace coupon::ledger
