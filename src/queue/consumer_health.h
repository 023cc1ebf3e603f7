#pragma once

#include <optional>
#include <string>

#include "common/clock.h"
#include "common/error.h"
#include "common/mutex.h"

namespace coupon::queue {

/// Whether claims can flow, for /readyz. Thread-safe.
class ConsumerHealth {
public:
    /// After each round over the streams.
    void OnRedis(const std::optional<Error>& error);
    /// After each look through the ledger's coupons.
    void OnSweep(const std::optional<Error>& error);
    /// After each batch. One coupon's failures do not count while others are written; when nothing
    /// has been written for limits::kWriteStall since the first of them, the ledger is at fault.
    /// One that was not repeated within limits::kQueueFailureForgotten is over: another consumer,
    /// or somebody by hand, did what failed here.
    void OnBatch(const std::optional<Error>& error, MonotonicTime now);

    /// nullopt: ready.
    std::optional<std::string> WhyNotReady(MonotonicTime now) const;

private:
    /// Batches that failed since one was written.
    struct Failures {
        MonotonicTime first;
        MonotonicTime last;
    };

    mutable Mutex mutex_;
    std::string redis_ GUARDED_BY(mutex_) = "Redis was not asked so far";
    std::string sweep_ GUARDED_BY(mutex_) = "the ledger was not asked so far";
    std::string batch_ GUARDED_BY(mutex_);
    std::optional<Failures> failures_ GUARDED_BY(mutex_);
};

}  // namespace coupon::queue
