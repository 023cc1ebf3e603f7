#pragma once

#include <cstddef>

#include "admission/redis_loader.h"
#include "common/clock.h"
#include "common/error.h"
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
        std::size_t loaded = 0;  ///< open within a minute: loaded, or looked at
        std::size_t unloaded = 0;  ///< ended more than a day ago, and nothing waited any more
    };

    /// All must outlive it. `loader` uses the same session.
    RedisTender(redis::RedisSession& session, RedisLoader& loader, ledger::MysqlCoupons& coupons);

    /// Looks at every coupon once. Errors: kUnavailable; what was done stays done.
    Result<Report> Tend(WallTime now);

private:
    Result<std::size_t> LoadThoseThatOpen(WallTime now);
    Result<std::size_t> UnloadThoseThatEnded(WallTime now);

    redis::RedisSession& session_;
    RedisLoader& loader_;
    ledger::MysqlCoupons& coupons_;
};

}  // namespace coupon::admission
