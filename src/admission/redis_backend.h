#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "admission/admission.h"
#include "admission/blocking_threads.h"
#include "admission/redis_admission.h"
#include "admission/redis_changes.h"
#include "admission/redis_durability.h"
#include "admission/redis_loader.h"
#include "admission/redis_lookup.h"
#include "admission/redis_tender.h"
#include "admission/redis_winners.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/mutex.h"
#include "ledger/issuance_row.h"
#include "ledger/mysql_changes.h"
#include "ledger/mysql_coupons.h"
#include "ledger/mysql_reader.h"
#include "ledger/mysql_redemptions.h"
#include "redis/redis_session.h"

namespace coupon::admission {

/// What the event loops must not do themselves because it blocks: loading coupons, operator
/// changes, redemptions, reading the ledger; each kind on threads of its own, so that none waits
/// for another. Looks after coupons that open or are over, too. Every function may be called from
/// any thread and returns at once, LoadWithin, Rebuild and Stop apart; results come on a thread of
/// the backend, or of whoever calls RefuseOverdue or Stop.
class RedisBackend {
public:
    using LoadCallback = std::function<void(const Result<LoadedCoupon>&)>;
    using RowCallback = std::function<void(Result<std::optional<ledger::IssuanceRow>>)>;
    using ReplyCallback = std::function<void(const UserReply&)>;
    using FilterCallback = std::function<void(const std::shared_ptr<const WinnerFilter>&)>;

    /// Connects and checks; errors as RedisAdmission::Open.
    static Result<std::unique_ptr<RedisBackend>> Open(const RedisAdmissionOptions& options,
                                                      ledger::MysqlPool& pool, const Clock& clock);
    ~RedisBackend();

    /// Those that ask for a coupon that is being loaded share the result. kUnavailable also where
    /// it could not be begun within options.wait_max. False: too many wait.
    bool Load(CouponId id, LoadCallback done);
    /// The same for a thread that may block: kUnavailable when it takes longer, and it goes on.
    Result<LoadedCoupon> LoadWithin(CouponId id, std::chrono::milliseconds patience);
    /// Redeems, or undoes it. kOverloaded where it could not be begun within options.wait_max.
    /// False: too many wait.
    bool Redeem(const UserRequest& request, const ReplyCallback& done);
    /// What the ledger knows. Not looked up, and `done` is not called, when nobody waits for it any
    /// more or at a stop. False: too many wait.
    bool FindIssued(CouponId id, UserId user, std::weak_ptr<const bool> waits, RowCallback done);
    /// nullptr: there is none, for whatever reason. False: too many wait.
    bool FindWinners(CouponId id, const WinnersVersion& version, FilterCallback done);
    /// As Admission::Apply.
    void Apply(OperatorChange change, const ChangeCallback& done);
    Result<LoadedCoupon> Rebuild(CouponId id);
    /// Answers what could not be begun in time, however long the threads are busy. Call it every
    /// now and then.
    void RefuseOverdue(MonotonicTime now);
    /// Refuses what has not begun, breaks off what waits for Redis, and waits for the threads.
    /// Idempotent.
    void Stop();

    const RedisDurability& Durability() const { return durability_; }
    /// A coupon as it was when this process loaded or changed it last.
    std::optional<CouponView> Known(CouponId id) const;
    std::uint64_t Loads() const { return loads_.load(std::memory_order_relaxed); }
    std::uint64_t LoadFailures() const { return load_failures_.load(std::memory_order_relaxed); }
    /// Redemptions that were not begun in time.
    std::uint64_t Shed() const { return shed_.load(std::memory_order_relaxed); }

private:
    RedisBackend(const RedisAdmissionOptions& options, ledger::MysqlPool& pool, const Clock& clock);

    Result<void> Connect();
    void StartThreads();
    void LoadNow(std::size_t thread, CouponId id);
    void FinishLoad(CouponId id, const Result<LoadedCoupon>& loaded);
    UserReply RedeemNow(std::size_t thread, const UserRequest& request);
    void Reconcile();
    void Learn(const CouponView& view);

    const RedisAdmissionOptions options_;
    const Clock& clock_;
    ledger::MysqlCoupons coupons_;
    ledger::MysqlChanges changes_;
    ledger::MysqlReader reader_;
    ledger::MysqlRedemptions redemptions_;
    RedisDurability durability_;
    std::atomic<std::uint64_t> loads_{0};  // relaxed: for metrics
    std::atomic<std::uint64_t> load_failures_{0};
    std::atomic<std::uint64_t> shed_{0};

    mutable Mutex mutex_;
    std::map<CouponId, std::vector<LoadCallback>> loading_ GUARDED_BY(mutex_);
    std::map<CouponId, CouponView> known_ GUARDED_BY(mutex_);

    /// Of all threads, for Stop.
    std::vector<std::unique_ptr<redis::RedisSession>> sessions_;
    // --- Each loading thread's own
    std::vector<std::unique_ptr<RedisLoader>> loaders_;
    // --- The operator thread's own
    std::optional<RedisLoader> operator_loader_;
    std::optional<RedisChanges> operator_changes_;
    // --- The tending thread's own
    std::optional<RedisLoader> tending_loader_;
    std::optional<RedisTender> tender_;
    // --- The filtering thread's own
    std::optional<RedisWinners> winners_;
    // --- Each redeeming thread's own
    std::vector<std::unique_ptr<RedisLookup>> lookups_;

    // Last: they use all of the above.
    std::optional<BlockingThreads> loading_threads_;
    std::optional<BlockingThreads> operator_threads_;
    std::optional<BlockingThreads> redeeming_threads_;
    std::optional<BlockingThreads> look_up_threads_;
    std::optional<BlockingThreads> filtering_threads_;
    std::optional<BlockingThreads> tending_threads_;
};

}  // namespace coupon::admission
