#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admission/admission.h"
#include "admission/engine.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/limits.h"
#include "common/log.h"
#include "common/metric_cells.h"
#include "common/mutex.h"
#include "ledger/sqlite_ledger.h"

namespace coupon::admission {

struct SequencerOptions {
    /// A request that has waited longer for its decision is answered kOverloaded, undecided: by
    /// then its client has given up or will soon, and deciding it would only make those behind it
    /// wait as well.
    std::chrono::milliseconds wait_max = limits::kClaimWait;
    /// Where failures of the store are told; must outlive the sequencer. None = nowhere.
    const Logger* log = nullptr;
};

/// One round of the embedded path: decide, write, answer. No thread and no queue of its own, so
/// that the simulation drives the very code that the service runs.
///
/// Threads: one owner; the functions that say so, any.
class Sequencer {
public:
    /// All must outlive the object.
    Sequencer(Engine& engine, ledger::SqliteLedger& ledger, const Clock& clock,
              const SequencerOptions& options = {});

    /// The answer that needs no round: what durable state alone decides, and, once the writer is
    /// closed, that nothing else can be decided. nullopt: the request has to go through Process.
    /// Any thread.
    std::optional<UserReply> AnswerAtOnce(const UserRequest& request) const;

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

    /// What is answered while closed: kUnknown when the last commit's fate is not known (the file
    /// may hold claims that the engine does not), else kUnavailable. Any thread, after Closed() was
    /// true.
    Outcome ClosedOutcome() const { return closed_outcome_.load(std::memory_order_relaxed); }

    /// When the write that is under way began; nullopt between writes. Any thread.
    std::optional<MonotonicTime> WriteUnderWaySince() const {
        const MonotonicTime began = write_began_.load(std::memory_order_relaxed);
        return began == kNoWrite ? std::nullopt : std::optional(began);
    }

    /// The last write found no room on the device. Any thread.
    bool StorageFull() const { return storage_full_.load(std::memory_order_relaxed); }

    // --- Counters, any thread
    std::uint64_t Commits() const { return commits_.Value(); }
    std::uint64_t FailedCommits() const { return failed_commits_.Value(); }
    /// Requests that had waited too long.
    std::uint64_t Shed() const { return shed_.Value(); }
    std::int64_t LogPages() const { return log_pages_.Value(); }
    const HistogramCell& CommitNanoseconds() const { return commit_nanoseconds_; }
    const HistogramCell& BatchSizes() const { return batch_sizes_; }

private:
    Result<void> WriteStage();
    /// Books a write that began at `begin` and moves the log on if that is due.
    Result<void> AfterWrite(Result<void> written, MonotonicTime begin);
    MonotonicTime BeginWrite();
    void OnFailedWrite(const Error& error);
    void Close(const Error& error, Outcome from_now_on);
    void Tell(std::string_view message) const;

    static constexpr MonotonicTime kNoWrite = MonotonicTime::min();

    Engine& engine_;
    ledger::SqliteLedger& ledger_;
    const Clock& clock_;
    const SequencerOptions options_;
    std::atomic<bool> closed_{false};
    std::atomic<Outcome> closed_outcome_{Outcome::kUnavailable};
    std::atomic<MonotonicTime> write_began_{kNoWrite};
    LogLimiter failure_log_{std::chrono::seconds{1}};
    std::atomic<bool> storage_full_{false};
    mutable Mutex mutex_;
    std::string why_closed_ GUARDED_BY(mutex_);
    CounterCell commits_;
    CounterCell failed_commits_;
    CounterCell shed_;
    GaugeCell log_pages_;
    HistogramCell commit_nanoseconds_{kSecondsBoundsNanoseconds};
    HistogramCell batch_sizes_{kBatchSizeBounds};
};

}  // namespace coupon::admission
