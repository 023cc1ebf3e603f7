#include "admission/sequencer.h"

#include <chrono>
#include <utility>

#include "admission/engine_rules.h"
#include "common/check.h"

namespace coupon::admission {
namespace {

/// What a write that failed means for every request of its round.
Outcome OutcomeOf(const Error& error) {
    if (error.applied != Applied::kNo) return Outcome::kUnknown;
    return error.code == ErrorCode::kStorageFull ? Outcome::kStorageFull : Outcome::kUnavailable;
}

}  // namespace

Sequencer::Sequencer(Engine& engine, ledger::SqliteLedger& ledger, const Clock& clock)
    : engine_(engine), ledger_(ledger), clock_(clock) {}

void Sequencer::Process(std::span<const UserRequest> requests, std::vector<UserReply>& replies) {
    replies.clear();
    const auto answer_all = [&](Outcome outcome) {
        replies.clear();
        for (const UserRequest& request : requests) replies.push_back(ReplyTo(request, outcome));
    };
    if (Closed()) {
        answer_all(Outcome::kUnavailable);
        return;
    }
    const WallTime now = clock_.WallNow();
    for (const UserRequest& request : requests) replies.push_back(engine_.Decide(request, now));
    if (engine_.StageIsEmpty()) return;

    if (const Result<void> written = WriteStage(); !written) {
        engine_.Discard();
        answer_all(OutcomeOf(written.error()));
        return;
    }
    engine_.Commit();
}

Result<void> Sequencer::WriteStage() {
    batch_sizes_.Record(static_cast<std::int64_t>(engine_.StagedIssuances().size()));
    const MonotonicTime begin = clock_.MonotonicNow();
    return AfterWrite(ledger_.Write({.issuances = engine_.StagedIssuances(),
                                     .redemptions = engine_.StagedRedemptions(),
                                     .undos = engine_.StagedUndos()}),
                      begin);
}

Result<CouponView> Sequencer::Process(const OperatorChange& change) {
    if (const auto why = WhyClosed()) {
        return ChangeRefused(ErrorCode::kUnavailable, *why);
    }
    const WallTime now = clock_.WallNow();
    auto planned = engine_.Plan(change, now);
    if (!planned) return std::unexpected(std::move(planned.error()));
    const MonotonicTime begin = clock_.MonotonicNow();
    const Result<void> written = AfterWrite(ledger_.WriteCoupon({.coupon = planned->coupon,
                                                                 .action = planned->action,
                                                                 .detail = planned->detail,
                                                                 .at = now}),
                                            begin);
    if (!written) return std::unexpected(written.error());
    engine_.Apply(*planned);
    const auto view = engine_.FindCoupon(planned->coupon.id);
    CHECK(view.has_value());
    return *view;
}

Result<void> Sequencer::AfterWrite(Result<void> written, MonotonicTime begin) {
    if (!written) {
        failed_commits_.Add();
        const bool full = written.error().code == ErrorCode::kStorageFull;
        storage_full_.store(full, std::memory_order_relaxed);
        // A write that certainly left no trace and may be tried again (no room, a foreign lock)
        // closes nothing.
        const bool harmless =
            written.error().applied == Applied::kNo && written.error().retry_is_safe;
        if (!full && !harmless) Close(written.error());
        return written;
    }
    commits_.Add();
    storage_full_.store(false, std::memory_order_relaxed);
    commit_nanoseconds_.Record(
        std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.MonotonicNow() - begin)
            .count());
    // What was just committed stands, whatever becomes of the checkpoint: a failed one closes the
    // writer for the rounds to come, a full disk only lets the log grow on.
    if (const auto moved = ledger_.CheckpointIfDue();
        !moved && moved.error().code != ErrorCode::kStorageFull) {
        Close(moved.error());
    }
    log_pages_.Set(ledger_.LogPages());
    return written;
}

void Sequencer::Close(const Error& error) {
    {
        const MutexLock lock(mutex_);
        if (why_closed_.empty()) why_closed_ = "writer closed: " + Describe(error);
    }
    closed_.store(true, std::memory_order_release);
}

std::optional<std::string> Sequencer::WhyClosed() const {
    if (!Closed()) return std::nullopt;
    const MutexLock lock(mutex_);
    return why_closed_;
}

}  // namespace coupon::admission
