#include "queue/coupon_worker.h"

#include <unordered_map>
#include <utility>

#include "common/limits_consumer.h"
#include "common/limits_distributed.h"
#include "queue/batch_decision.h"
#include "queue/redis_stream.h"

namespace coupon::queue {
namespace {

template <class T>
void Append(std::vector<T>& to, std::vector<T>&& from) {
    if (to.empty()) {
        to = std::move(from);
    } else {
        to.insert(to.end(), std::make_move_iterator(from.begin()),
                  std::make_move_iterator(from.end()));
    }
}

/// A letter names the epoch of the claim's entry, which stays the same however often the entry is
/// read: so the letter is the same, too.
void StampEpochs(std::vector<ledger::DeadLetter>& letters,
                 const std::vector<QueuedEntry>& entries) {
    std::unordered_map<std::int64_t, std::int64_t> epochs;
    for (const QueuedEntry& entry : entries) {
        for (const Issuance& claim : entry.claims) epochs[claim.sequence.value] = entry.epoch;
    }
    for (ledger::DeadLetter& letter : letters) {
        const auto found = epochs.find(letter.sequence.value);
        if (found != epochs.end()) letter.epoch = found->second;
    }
}

}  // namespace

CouponWorker::CouponWorker(redis::RedisSession& session, ledger::MysqlPool& pool,
                           const Clock& clock, const Logger& log, BatchCallback on_batch)
    : session_(session),
      log_(log),
      on_batch_(std::move(on_batch)),
      coupons_(pool),
      reader_(pool),
      dead_letters_(pool),
      // Not longer behind another loader: the writer is wanted for other coupons, and for a stop.
      loader_(session, coupons_, reader_, {.patience = limits::kRedisCallPatience}),
      batch_(pool, clock, stats_),
      rescue_(session, loader_) {}

WorkResult CouponWorker::Do(Work work) {
    switch (work.kind) {
        case Work::Kind::kLoad: return Load(std::move(work));
        case Work::Kind::kWrite: return Write(std::move(work));
        case Work::Kind::kAcknowledge: return AcknowledgeWritten(std::move(work), {});
    }
    std::unreachable();
}

WorkResult CouponWorker::Later(Work work, std::string_view what, const Error& error) {
    stats_.failed.Add();
    log_.Warning(what, {{"coupon", work.coupon.value}, {"error", Describe(error)}});
    return {.again = std::move(work)};
}

WorkResult CouponWorker::Load(Work work) {
    const auto loaded = loader_.Load(work.coupon);
    if (!loaded) {
        return Later(std::move(work), "cannot load the coupon; its claims wait", loaded.error());
    }
    log_.Info("coupon loaded", {{"coupon", work.coupon.value},
                                {"epoch", loaded->epoch},
                                {"admitted", loaded->admitted},
                                {"queued", loaded->queued}});
    return {};
}

Result<void> CouponWorker::AskAdmission(CouponId coupon, Sorted& claims) {
    auto rescued = rescue_.Ask(coupon, claims.to_ask);
    if (!rescued) return std::unexpected(std::move(rescued.error()));
    if (rescued->epoch != 0 && rescued->epoch == claims.refused_epoch) {
        // Whoever begins an epoch closes the state of the one before first. Here the ledger was
        // changed by hand, or brought back from a backup.
        log_.Error("Redis and the ledger disagree on the epoch: loading the coupon anew",
                   {{"coupon", coupon.value}, {"epoch", rescued->epoch}});
        return rescue_.Rebuild(coupon);
    }
    claims.to_ask.clear();
    // Those that were not asked about were held by the state of another epoch.
    if (rescued->epoch != claims.epoch) claims.to_ask = std::exchange(claims.to_write, {});
    claims.epoch = rescued->epoch;
    if (rescued->readmitted > 0 || rescued->superseded > 0) {
        log_.Warning("claims that Redis had lost were offered to admission again",
                     {{"coupon", coupon.value},
                      {"admitted", rescued->readmitted},
                      {"already_holders", rescued->superseded}});
    }
    stats_.readmitted.Add(rescued->readmitted);
    Append(claims.to_write, std::move(rescued->held));
    Append(claims.letters, std::move(rescued->letters));
    return {};
}

Result<void> CouponWorker::WriteToLedger(CouponId coupon, Sorted& claims) {
    for (int reloads = 0; !claims.to_write.empty() || !claims.to_ask.empty();) {
        if (!claims.to_ask.empty()) {
            if (++reloads > limits::kQueueReloadsMax) {
                return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                             .operation = "write claims of an earlier epoch",
                                             .applied = Applied::kUnknown,
                                             .retry_is_safe = true,
                                             .detail = "the epoch goes on and on"});
            }
            if (auto asked = AskAdmission(coupon, claims); !asked) return asked;
            continue;
        }
        auto settled = batch_.Settle(coupon, claims.epoch, claims.to_write);
        on_batch_(settled ? std::nullopt : std::optional(settled.error()));
        if (!settled) return std::unexpected(std::move(settled.error()));
        claims.to_write.clear();
        Append(claims.written, std::move(settled->written));
        Append(claims.letters, std::move(settled->letters));
        if (!settled->other_epoch.empty()) claims.refused_epoch = claims.epoch;
        Append(claims.to_ask, std::move(settled->other_epoch));
    }
    return {};
}

Result<void> CouponWorker::KeepLetters(const Work& work, std::vector<ledger::DeadLetter>& letters) {
    if (letters.empty()) return {};
    StampEpochs(letters, work.entries);
    if (auto added = dead_letters_.Add(letters); !added) return added;
    for (const ledger::DeadLetter& letter : letters) {
        stats_.dead_letters[static_cast<std::size_t>(letter.reason)].Add();
    }
    const ledger::DeadLetter& first = letters.front();
    log_.Error("claims cannot be written and are dead letters now",
               {{"coupon", work.coupon.value},
                {"letters", letters.size()},
                {"reason", ToString(first.reason)},
                {"sequence", first.sequence.value},
                {"detail", first.detail}});
    return {};
}

WorkResult CouponWorker::Write(Work work) {
    Sorted claims{.epoch = work.epoch};
    for (const QueuedEntry& entry : work.entries) {
        auto& to = entry.epoch == work.epoch ? claims.to_write : claims.to_ask;
        to.insert(to.end(), entry.claims.begin(), entry.claims.end());
    }
    if (auto done = WriteToLedger(work.coupon, claims); !done) {
        return Later(std::move(work), "claims are not written; tried again later", done.error());
    }
    if (auto kept = KeepLetters(work, claims.letters); !kept) {
        return Later(std::move(work), "dead letters are not written; tried again later",
                     kept.error());
    }
    work.kind = Work::Kind::kAcknowledge;
    for (QueuedEntry& entry : work.entries) {
        work.written.push_back({std::move(entry.id), entry.claims.size()});
    }
    work.entries.clear();
    const std::string announcement = Announcement(work.coupon, claims.epoch, claims.written);
    return AcknowledgeWritten(std::move(work), announcement);
}

WorkResult CouponWorker::AcknowledgeWritten(Work work, const std::string& announcement) {
    const auto verdict = Acknowledge(session_, work.coupon, work.run, work.written, announcement,
                                     limits::kRedisCallPatience);
    if (verdict && *verdict == AckVerdict::kAcknowledged) return {};
    // Of another Redis process: its stream may hold the entries or not. Those it holds are read
    // again, found in the ledger, and acknowledged then.
    const std::string run = session_.RunId();
    if (!run.empty() && run != work.run) return {.reread = true};
    // A loader that failed or was killed half-way leaves the coupon so until somebody loads it.
    if (verdict && !run.empty()) (void)loader_.Load(work.coupon);
    return Later(std::move(work), "written claims cannot be taken off the stream yet",
                 verdict ? Error{.operation = "acknowledge", .detail = "the coupon is loading"}
                         : verdict.error());
}

}  // namespace coupon::queue
