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

Sequencer::Sequencer(Engine& engine, ledger::SqliteLedger& ledger, const Clock& clock,
                     const SequencerOptions& options)
    : engine_(engine), ledger_(ledger), clock_(clock), options_(options) {}

std::optional<UserReply> Sequencer::AnswerAtOnce(const UserRequest& request) const {
    const auto at_once = engine_.Peek(request, clock_.WallNow());
    if (!Closed()) return at_once;
    // The file may hold a claim more than the engine knows of, if the last commit's fate is
    // unknown. What is durable for certain is still true: a held coupon, and a stock that is used
    // up.
    if (at_once &&
        (at_once->outcome == Outcome::kDuplicate || at_once->outcome == Outcome::kSoldOut)) {
        return at_once;
    }
    return ReplyTo(request, ClosedOutcome());
}

void Sequencer::Process(std::span<const UserRequest> requests, std::vector<UserReply>& replies) {
    replies.clear();
    const auto answer_all = [&](Outcome outcome) {
        replies.clear();
        for (const UserRequest& request : requests) replies.push_back(ReplyTo(request, outcome));
    };
    if (Closed()) {
        answer_all(ClosedOutcome());
        return;
    }
    const WallTime now = clock_.WallNow();
    const MonotonicTime too_old = clock_.MonotonicNow() - options_.wait_max;
    for (const UserRequest& request : requests) {
        if (request.received_at < too_old) {
            shed_.Add();
            replies.push_back(ReplyTo(request, Outcome::kOverloaded));
        } else {
            replies.push_back(engine_.Decide(request, now));
        }
    }
    if (engine_.StageIsEmpty()) {
        engine_.Discard();  // what was redeemed and given back in one round has left its mark
        return;
    }
    if (const Result<void> written = WriteStage(); !written) {
        engine_.Discard();
        answer_all(OutcomeOf(written.error()));
        return;
    }
    engine_.Commit();
}

Result<void> Sequencer::WriteStage() {
    batch_sizes_.Record(static_cast<std::int64_t>(engine_.StagedIssuances().size()));
    const MonotonicTime begin = BeginWrite();
    return AfterWrite(ledger_.Write({.issuances = engine_.StagedIssuances(),
                                     .redemptions = engine_.StagedRedemptions(),
                                     .undos = engine_.StagedUndos()}),
                      begin);
}

Result<CouponView> Sequencer::Process(const OperatorChange& change) {
    if (const auto why = WhyClosed()) return ChangeRefused(ErrorCode::kUnavailable, *why);
    const WallTime now = clock_.WallNow();
    auto planned = engine_.Plan(change, now);
    if (!planned) return std::unexpected(std::move(planned.error()));
    const MonotonicTime begin = BeginWrite();
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

MonotonicTime Sequencer::BeginWrite() {
    const MonotonicTime now = clock_.MonotonicNow();
    write_began_.store(now, std::memory_order_relaxed);
    return now;
}

Result<void> Sequencer::AfterWrite(Result<void> written, MonotonicTime begin) {
    if (!written) {
        write_began_.store(kNoWrite, std::memory_order_relaxed);
        OnFailedWrite(written.error());
        return written;
    }
    commits_.Add();
    if (storage_full_.exchange(false, std::memory_order_relaxed)) Tell("the store has room again");
    commit_nanoseconds_.Record(
        std::chrono::duration_cast<std::chrono::nanoseconds>(clock_.MonotonicNow() - begin)
            .count());
    // What was just committed stands, whatever becomes of the checkpoint: a failed one closes the
    // writer for the rounds to come, a full disk only lets the log grow on.
    if (const auto moved = ledger_.CheckpointIfDue();
        !moved && moved.error().code != ErrorCode::kStorageFull) {
        Close(moved.error(), Outcome::kUnavailable);
    }
    write_began_.store(kNoWrite, std::memory_order_relaxed);
    log_pages_.Set(ledger_.LogPages());
    return written;
}

void Sequencer::OnFailedWrite(const Error& error) {
    failed_commits_.Add();
    const bool full = error.code == ErrorCode::kStorageFull;
    storage_full_.store(full, std::memory_order_relaxed);
    // A write that certainly left no trace and may be tried again (no room, a foreign lock), or
    // that only this change made impossible, closes nothing.
    const bool harmless = error.applied == Applied::kNo &&
                          (error.retry_is_safe || error.code == ErrorCode::kConflict);
    if (!full && !harmless) {
        Close(error, error.applied == Applied::kNo ? Outcome::kUnavailable : Outcome::kUnknown);
        return;
    }
    if (const auto skipped = failure_log_.Allow(clock_.MonotonicNow());
        skipped && options_.log != nullptr) {
        options_.log->Error("a batch could not be stored; nothing of it was applied",
                            {{"why", Describe(error)}, {"skipped", *skipped}});
    }
}

void Sequencer::Close(const Error& error, Outcome from_now_on) {
    {
        const MutexLock lock(mutex_);
        if (why_closed_.empty()) why_closed_ = "writer closed: " + Describe(error);
    }
    closed_outcome_.store(from_now_on, std::memory_order_relaxed);  // published by closed_
    if (closed_.exchange(true, std::memory_order_release)) return;
    if (options_.log != nullptr) {
        options_.log->Error("the writer is closed until restart", {{"why", Describe(error)}});
    }
}

void Sequencer::Tell(std::string_view message) const {
    if (options_.log != nullptr) options_.log->Info(message);
}

std::optional<std::string> Sequencer::WhyClosed() const {
    if (!Closed()) return std::nullopt;
    const MutexLock lock(mutex_);
    return why_closed_;
}

}  // namespace coupon::admission
