#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "admission/redis_keys.h"
#include "common/clock.h"
#include "common/coupon.h"
#include "common/error.h"
#include "common/limits_distributed.h"
#include "redis/redis_session.h"

namespace coupon::ledger {
class MysqlCoupons;
class MysqlReader;
}  // namespace coupon::ledger

namespace coupon::admission {

/// A coupon whose admission state stands in Redis.
struct LoadedCoupon {
    Coupon coupon;  ///< as the ledger has it
    std::int64_t epoch = 0;
    std::int64_t admitted = 0;  ///< users, in the ledger or on their way to it
    std::int64_t queued = 0;    ///< of them, claims that the ledger does not have yet
};

/// Durations differ from the named limits in tests only.
struct RedisLoaderOptions {
    /// Of the lock; renewed with every piece. A loader that was killed is in the way for so long.
    std::chrono::milliseconds lock = limits::kLoaderLock;
    /// For one coupon, the wait for another loader included.
    std::chrono::milliseconds patience = limits::kLoadPatience;
};

/// Brings a coupon's admission state from the ledger and the stream into Redis. While it loads,
/// admission of that coupon is closed and acknowledgements are refused, so that what is counted
/// stands still:
///   1. take the lock (a token with an expiry), close admission (run = "");
///   2. commit epoch + 1 in the ledger: a consumer that read before it cannot write any more;
///   3. read the whole stream, pending entries too, then the ledger; what both have is the
///      ledger's. Fill temporary keys, each piece only while the token is ours;
///   4. publish with one script, only while the token is ours and the count is right.
/// Next sequence = highest seen + 1; admitted = number of users. Killed half-way it leaves the
/// coupon not loaded; the next one starts over once the lock has expired. Confined to the session's
/// thread; blocks.
class RedisLoader {
public:
    /// All must outlive it.
    RedisLoader(redis::RedisSession& session, ledger::MysqlCoupons& coupons,
                ledger::MysqlReader& reader, const RedisLoaderOptions& options = {});

    /// Nothing is done when it is loaded for this Redis process already, in the epoch that the
    /// ledger has: a Redis that comes back after another was in its place is loaded anew, though
    /// its run id is what it was. Another loader at work is waited for. Errors: kNotFound (the
    /// ledger has no such coupon), kUnavailable (Redis or the ledger, or it took too long; the
    /// coupon may be left not loaded: safe to call again), kDamaged (an entry of the stream cannot
    /// be read: the coupon stays not loaded until a person looked at it).
    Result<LoadedCoupon> Load(CouponId id);
    /// The same, also where it is loaded: begins a new epoch. Errors: as Load.
    Result<LoadedCoupon> Rebuild(CouponId id);
    /// Forgets a coupon: for one that ended. kConflict: claims wait for the ledger, or it is being
    /// loaded; kUnavailable. Not loaded, or unknown: no error.
    Result<void> Unload(CouponId id);

private:
    struct Run;  // one load of one coupon
    enum class Force : std::uint8_t { kNo, kYes };

    Result<LoadedCoupon> LoadUnlessLoaded(CouponId id, Force force);
    Result<LoadedCoupon> ReadLoaded(const RedisKeys& keys, const Coupon& coupon);
    Result<LoadedCoupon> LoadUnderLock(Run& run);
    Result<void> FillFromStream(Run& run);
    Result<void> FillFromLedger(Run& run);
    Result<void> SendPiece(Run& run);
    Result<LoadedCoupon> Publish(Run& run);

    redis::RedisSession& session_;
    ledger::MysqlCoupons& coupons_;
    ledger::MysqlReader& reader_;
    const RedisLoaderOptions options_;
};

}  // namespace coupon::admission
