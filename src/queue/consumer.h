#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "admission/admission.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/mutex.h"
#include "ledger/mysql_coupons.h"
#include "ledger/mysql_pool.h"
#include "queue/consumer_health.h"
#include "queue/coupon_worker.h"
#include "queue/queue_survey.h"
#include "queue/reconcile_gaps.h"
#include "queue/redis_stream.h"
#include "queue/round_planner.h"
#include "queue/worker_stats.h"
#include "redis/redis_numbers.h"
#include "redis/redis_options.h"
#include "redis/redis_session.h"

namespace coupon::queue {

struct ConsumerOptions {
    /// Of this consumer among those of the group: the same after a restart, different in each.
    std::string name;
    std::size_t batch_max = 0;  ///< claims a transaction
    std::size_t threads = 1;    ///< writers
    std::chrono::milliseconds lease{};
    redis::RedisOptions redis = {};
};

/// The numbers of all threads.
struct ConsumerNumbers {
    HistogramTotals batch_sizes;
    HistogramTotals commit_nanoseconds;
    std::uint64_t written = 0;
    std::uint64_t repeats = 0;
    std::uint64_t failed_batches = 0;
    std::uint64_t readmitted = 0;
    std::array<std::uint64_t, kDeadLetterReasons> dead_letters{};
    std::uint64_t pending_deleted = 0;
    std::uint64_t unreadable = 0;
    redis::RedisNumbers redis;
};

/// Moves accepted claims from the streams in Redis into the ledger: one thread reads the streams,
/// `threads` write, one looks through the ledger for coupons that the registry does not name, and
/// holds Redis and the ledger against each other. One owning thread; the reading members may be
/// called from any.
class Consumer {
public:
    /// Starts the threads. Connects when it can: Redis and the ledger may be down. `pool`, `clock`
    /// and `log` must outlive it. Errors: kConfiguration, as RedisSession::Create.
    static Result<std::unique_ptr<Consumer>> Start(const ConsumerOptions& options,
                                                   ledger::MysqlPool& pool, const Clock& clock,
                                                   const Logger& log);
    /// Stops first.
    ~Consumer();
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    /// Nothing more is read; batches in hand are finished; leases are given up. What was read and
    /// not begun is taken over by the next consumer. Returns when the threads have ended, however
    /// long that takes: stand it under a StopWatchdog.
    void Stop();

    std::optional<std::string> WhyNotReady() const;
    ConsumerNumbers Numbers() const;
    /// nullopt: not known.
    std::optional<QueueNumbers> Queue() const;
    std::optional<ReconcileGap> Gap() const;
    /// What an acceptance survives, as Redis is configured now.
    std::optional<admission::AckLevel> Level() const;

private:
    struct Writer {
        std::unique_ptr<redis::RedisSession> session;
        std::unique_ptr<CouponWorker> worker;
        std::thread thread;
    };

    Consumer(const ConsumerOptions& options, ledger::MysqlPool& pool, const Clock& clock,
             const Logger& log);
    Result<void> MakeSessions();
    void StartThreads();

    void ReadUntilStopped();  // and what it needs: consumer_reading.cc
    void ReadRound();
    std::optional<Error> TakeDue(std::string_view run);
    void Alarm(CouponId coupon, const Taken& taken);
    void AlarmDamage(CouponId coupon, const Error& error);
    std::optional<Error> ReadRegistry();
    std::optional<Error> LookAtQueues();
    void WriteUntilStopped(CouponWorker& worker);
    void SweepUntilStopped();  // and what it needs: consumer_sweeping.cc
    bool FindCoupons(ledger::MysqlCoupons& coupons);
    void AskRedis();
    void Reconcile();
    std::map<CouponId, std::optional<ReconcileGap>> ReadGaps(std::span<const CouponId> coupons);
    void ReadLevel();
    void SetSurveyedCoupons() REQUIRES(mutex_);

    const ConsumerOptions options_;
    const Reader reader_;
    ledger::MysqlPool& pool_;
    const Clock& clock_;
    const Logger& log_;
    ConsumerHealth health_;
    ReaderStats reader_stats_;

    mutable Mutex mutex_;
    CondVar work_;  ///< there may be work for a writer
    CondVar wake_;  ///< for the reader: a writer is done
    CondVar stop_;  ///< for the sweep
    bool stopping_ GUARDED_BY(mutex_) = false;
    RoundPlanner planner_ GUARDED_BY(mutex_);
    QueueSurvey survey_ GUARDED_BY(mutex_);
    ReconcileGaps gaps_ GUARDED_BY(mutex_);
    std::optional<admission::AckLevel> level_ GUARDED_BY(mutex_);

    // Of the reading thread.
    std::unique_ptr<redis::RedisSession> session_;
    MonotonicTime registry_due_;
    MonotonicTime survey_due_;
    LogLimiter redis_alarm_;
    LogLimiter damage_alarm_;

    // Of the sweeping thread.
    std::unique_ptr<redis::RedisSession> sweep_session_;

    std::vector<Writer> writers_;
    std::thread reading_;
    std::thread sweeping_;
};

}  // namespace coupon::queue
