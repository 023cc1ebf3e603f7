#pragma once

#include <cstddef>
#include <vector>

#include "admission/redis_loader.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/ids.h"
#include "redis/redis_session.h"

namespace coupon::ledger {
class MysqlCoupons;
}  // namespace coupon::ledger

namespace coupon::admission {

/// Has coupons loaded before they open, so that the first claim does not wait for it, and forgets
/// them when they are long over. Several processes may do so at once. Confined to the session's
/// thread; blocks.
class RedisTender {
public:
    struct Report {
        std::size_t loaded = 0;  ///< open within limits::kLoadedAhead: loaded, or looked at
        /// Ended, and loaded, more than limits::kKeptLoaded ago, or gone from the ledger; and
        /// nothing waited any more.
        std::size_t unloaded = 0;
        /// Gone from the ledger with claims on their way to it, and not loaded, so that no consumer
        /// takes them: an alarm, told once. The claims stay in Redis for a person to look at.
        std::vector<CouponId> orphaned = {};
    };

    /// All must outlive it. `loader` uses the same session.
    RedisTender(redis::RedisSession& session, RedisLoader& loader, ledger::MysqlCoupons& coupons);

    /// Looks at every coupon once. Errors: kUnavailable; what was done stays done.
    Result<Report> Tend(WallTime now);

private:
    Result<void> LoadThoseThatOpen(WallTime now, Report& report);
    Result<void> UnloadThoseThatEnded(WallTime now, Report& report);
    Result<void> DropUnknown(CouponId id, Report& report);
    Result<bool> IsOver(CouponId id, const Coupon& coupon, WallTime now);

    redis::RedisSession& session_;
    RedisLoader& loader_;
    ledger::MysqlCoupons& coupons_;
};

}  // namespace coupon::admission
