#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "admission/operator_change.h"
#include "admission/redis_loader.h"
#include "common/coupon_edit.h"
#include "common/error.h"
#include "common/ids.h"
#include "common/limits_distributed.h"
#include "redis/redis_session.h"

namespace coupon::ledger {
class MysqlChanges;
class MysqlCoupons;
class Turn;
struct CouponIntent;
struct LedgerCoupon;
}  // namespace coupon::ledger

namespace coupon::admission {

/// Who changes a coupon, and how he would be recognised when he asks again.
struct ChangeOrigin {
    std::string by = "operator";
    /// The caller's own id of the change: the same one again is the same change. Empty: none.
    std::string request_id;
};

/// Durations differ from the named limits in tests only.
struct RedisChangesOptions {
    std::chrono::milliseconds call = limits::kRedisCallPatience;
    std::chrono::milliseconds turn = limits::kChangeTurnPatience;
};

/// Operator changes of coupons that stand in the ledger and in Redis. Each is written down as an
/// intent first, with an id, and applied on both sides by that id, so that doing it twice does
/// nothing:
///   - what only adds (top-up, longer window, resume): ledger, then Redis;
///   - what takes away (cut, pause, close, shorter window; also both in one change): Redis, which
///     refuses a cut below what is admitted, then the ledger, which takes it only in the epoch in
///     which Redis did: a loader that read the ledger in between knew nothing of it, so the new
///     state is asked first.
/// One change of a coupon at a time (a turn in the ledger), unfinished ones of a crash first.
/// Confined to the session's thread; blocks.
class RedisChanges {
public:
    /// All must outlive it. `loader` uses the same session.
    RedisChanges(redis::RedisSession& session, RedisLoader& loader, ledger::MysqlCoupons& coupons,
                 ledger::MysqlChanges& changes, const RedisChangesOptions& options = {});

    /// Errors as Admission::Apply. kUnavailable with applied kUnknown: begun and not finished; the
    /// reconciler or the coupon's next change finishes it.
    Result<CouponView> Apply(const OperatorChange& change, const ChangeOrigin& origin = {});
    /// Finishes what a crash left half done, of all coupons. How many changes; the first error,
    /// when all the others have had their turn.
    Result<std::size_t> Reconcile();

private:
    /// Whether the intent was written down just now: then nobody can have begun to apply it.
    enum class Begun : std::uint8_t { kNow, kBefore };
    /// The admission state that has a change.
    struct ChangedInRedis {
        std::int64_t admitted = 0;
        std::int64_t epoch = 0;
    };

    Result<CouponView> Create(const CreateCoupon& create, const ChangeOrigin& origin);
    /// Of the coupon whose turn it is; how many.
    Result<std::size_t> FinishUnfinished(ledger::Turn& turn);
    Result<CouponView> Edit(CouponId id, const CouponEdit& edit, const ChangeOrigin& origin);
    Result<CouponView> Carry(ledger::Turn& turn, const ledger::CouponIntent& intent, Begun begun);
    Result<CouponView> CarryToLedgerFirst(ledger::Turn& turn, const ledger::CouponIntent& intent);
    Result<CouponView> CarryToRedisFirst(ledger::Turn& turn, const ledger::CouponIntent& intent,
                                         Begun begun);
    Result<CouponView> FinishInRedis(ledger::Turn& turn, const ledger::CouponIntent& intent,
                                     const Coupon& coupon);
    Result<ChangedInRedis> ApplyToRedis(const ledger::CouponIntent& intent);
    std::unexpected<Error> TakeLedgersWord(ledger::Turn& turn, const ledger::CouponIntent& intent,
                                           Error&& why);
    std::unexpected<Error> Refuse(ledger::Turn& turn, const ledger::CouponIntent& intent,
                                  Error&& why);

    redis::RedisSession& session_;
    RedisLoader& loader_;
    ledger::MysqlCoupons& coupons_;
    ledger::MysqlChanges& changes_;
    const RedisChangesOptions options_;
};

}  // namespace coupon::admission
