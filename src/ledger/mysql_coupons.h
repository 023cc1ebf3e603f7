#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/coupon.h"
#include "common/error.h"
#include "ledger/mysql_pool.h"

namespace coupon::ledger {

/// A coupon as the ledger holds it.
struct LedgerCoupon {
    Coupon coupon;
    std::int64_t issued = 0;  ///< rows of issuances, as the writer counts them
    std::int64_t epoch = 0;  ///< how often Redis was filled from here
    std::int64_t last_change = 0;  ///< id of the last operator change applied here; 0 = none

    bool operator==(const LedgerCoupon&) const = default;
};

/// The table of coupons. Each call takes one connection of the pool; thread-safe; blocking. Errors:
/// those of MysqlPool::Take and mysql_error.h; kDamaged names a row that cannot be true. All stamps
/// are the database's clock: one for all processes.
class MysqlCoupons {
public:
    explicit MysqlCoupons(MysqlPool& pool) : pool_(pool) {}

    /// The coupon with its new id; `coupon.id` and its stamps are not looked at. `by` stands in the
    /// operator's trail. kInvalidArgument: as ValidateCoupon. Applied kUnknown: it may exist.
    Result<LedgerCoupon> Create(const Coupon& coupon, std::string_view by);
    Result<std::optional<LedgerCoupon>> Find(CouponId id);
    /// Those with ids above `after`, in their order, shadows left out.
    Result<std::vector<LedgerCoupon>> List(CouponId after, std::size_t limit);
    /// The ids of all coupons, shadows included, whose window ends after this time: what a consumer
    /// looks through.
    Result<std::vector<CouponId>> Draining(WallTime ended_after);
    /// Counts the coupon's epoch on, for good; whoever writes for an older one is refused from then
    /// on. kNotFound: there is no such coupon. Applied kUnknown: counting on once more is harmless.
    Result<LedgerCoupon> BeginEpoch(CouponId id);

private:
    MysqlPool& pool_;
};

}  // namespace coupon::ledger
