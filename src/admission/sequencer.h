#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "admission/engine.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/metric_cells.h"
#include "common/mutex.h"
#include "ledger/sqlite_ledger.h"

namespace coupon::admission {

/// One round of the embedded path: decide, write, answer. No thread and no queue of its own, so
/// that the simulation drives the very code that the service runs.
///
/// Threads: one owner; the functions that say so, any.
class Sequencer {
public:
    /// All must outlive the object.
    Sequencer(Engine& engine, ledger::SqliteLedger& ledger, const Clock& clock);

    /// Decides `requests` in order and makes durable what they changed; `replies` becomes their
    /// answers, in the same order. If the write fails, nothing of the round is told as decided:
    /// kStorageFull or kUnavailable where nothing was applied, kUnknown where that is not known; in
    /// the latter case the writer is closed for good (P7).
    void Process(std::span<const UserRequest> requests, std::vector<UserReply>& replies);
    /// The same for one operator change.
    Result<CouponView> Process(const OperatorChange& change);

    /// Why no request can be decided, empty while they can. Any thread.
    std::optional<std::string> WhyClosed() const;
    /// Cheaper than WhyClosed. Any thread.
    bool Closed() const { return closed_.load(std::memory_order_acquire); }

    /// The last write found no room on the device. Any thread.
    bool StorageFull() const { return storage_full_.load(std::memory_order_relaxed); }

    // --- Counters, any thread
    std::uint64_t Commits() const { return commits_.Value(); }
    std::uint64_t FailedCommits() const { return failed_commits_.Value(); }
    std::int64_t LogPages() const { return log_pages_.Value(); }
    const HistogramCell& CommitNanoseconds() const { return commit_nanoseconds_; }
    const HistogramCell& BatchSizes() const { return batch_sizes_; }

private:
    Result<void> WriteStage();
    /// Books a write that began at `begin` and moves the log on if that is due.
    Result<void> AfterWrite(Result<void> written, MonotonicTime begin);
    void Close(const Error& error);

    Engine& engine_;
    ledger::SqliteLedger& ledger_;
    const Clock& clock_;
    std::atomic<bool> closed_{false};
    std::atomic<bool> storage_full_{false};
    mutable Mutex mutex_;
    std::string why_closed_ GUARDED_BY(mutex_);
    CounterCell commits_;
    CounterCell failed_commits_;
    GaugeCell log_pages_;
    HistogramCell commit_nanoseconds_{kSecondsBoundsNanoseconds};
    HistogramCell batch_sizes_{kBatchSizeBounds};
};

}  // namespace coupon::admission
