// What RedisLoop makes of decisions, messages and time.

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "admission/engine_rules.h"
#include "admission/redis_accepted.h"
#include "admission/redis_keys.h"
#include "admission/redis_loop.h"
#include "common/parse_number.h"

namespace coupon::admission {
namespace {

constexpr std::chrono::milliseconds kSweep{20};  ///< a claim may be shed that much late

// Places in the answer of claim.lua.
constexpr std::size_t kNow = 1;
constexpr std::size_t kStart = 2;
constexpr std::size_t kFirst = 3;
constexpr std::size_t kAdmitted = 4;
constexpr std::size_t kRefusal = 5;
constexpr std::size_t kDuplicates = 7;

/// An unknown word is a script that this program does not know: nothing can be said.
Outcome RefusalOutcome(std::string_view word) {
    for (const Outcome outcome : {Outcome::kSoldOut, Outcome::kNotOpen, Outcome::kEnded,
                                  Outcome::kPaused, Outcome::kClosed, Outcome::kOverloaded}) {
        if (ToString(outcome) == word) return outcome;
    }
    return Outcome::kUnknown;
}

}  // namespace

void RedisLoop::OnDecided(Entry& entry, const redis::RedisReply& answer) {
    const std::int64_t now_ms = answer[kNow].Integer().value_or(0);
    const std::int64_t start_ms = ParseWhole<std::int64_t>(answer[kStart].Text()).value_or(0);
    const std::int64_t first = answer[kFirst].Integer().value_or(0);
    const std::int64_t admitted = answer[kAdmitted].Integer().value_or(0);
    const Outcome refusal = RefusalOutcome(answer[kRefusal].Text());
    const std::int64_t epoch = ParseWhole<std::int64_t>(entry.epoch).value_or(0);
    const bool wait_for_ledger = options_.reply_after == ReplyAfter::kLedger;
    const MonotonicTime now = std::chrono::steady_clock::now();
    stats_.batches.Add();
    stats_.batched_claims.Add(entry.batch.size());

    std::vector<UserReply> replies;
    std::vector<UserReply> waits;
    replies.reserve(entry.batch.size());
    std::int64_t newcomers = 0;
    std::size_t duplicate = kDuplicates;
    for (std::size_t i = 0; i < entry.batch.size(); ++i) {
        const UserRequest& request = entry.batch[i].request;
        UserReply reply = ReplyTo(request, refusal);
        if (answer[duplicate].Integer() == static_cast<std::int64_t>(i)) {
            const auto held = ParseUserEntry(answer[duplicate + 1].Text());
            duplicate += 2;
            reply = held ? ReplyTo(request, Outcome::kDuplicate, held->sequence,
                                   WallTime{std::chrono::milliseconds{start_ms + held->offset_ms}})
                         : ReplyTo(request, Outcome::kUnknown);
        } else if (newcomers++ < admitted) {
            reply = ReplyTo(request, Outcome::kAdmitted, Sequence{first + newcomers - 1},
                            WallTime{std::chrono::milliseconds{now_ms}});
        }
        reply.accepted =
            reply.outcome == Outcome::kAdmitted || reply.outcome == Outcome::kDuplicate;
        (reply.accepted && wait_for_ledger ? waits : replies).push_back(reply);
    }
    entry.batch.clear();
    if (newcomers > admitted) Remember(entry, refusal, answer);
    Deliver(replies);
    for (const UserReply& reply : waits) Await(reply, epoch, now);
}

/// A refusal may be told again without asking only while the coupon has no winner: a winner must be
/// recognised, and this loop does not know those of the others.
void RedisLoop::Remember(Entry& entry, Outcome refusal, const redis::RedisReply& answer) {
    const bool nobody_won = answer[kFirst].Integer() == 1 && answer[kAdmitted].Integer() == 0;
    if (!nobody_won || !subscriber_->Subscribed()) return;
    if (refusal == Outcome::kOverloaded || refusal == Outcome::kUnknown) return;
    std::chrono::milliseconds lasts = options_.refusal_cached;
    if (refusal == Outcome::kNotOpen) {
        const std::int64_t start = ParseWhole<std::int64_t>(answer[kStart].Text()).value_or(0);
        const std::chrono::milliseconds opens{start - answer[kNow].Integer().value_or(0)};
        // By the clock of Redis: the answer is as old as it was on its way, which only shortens it.
        lasts = std::min(lasts, opens - std::chrono::milliseconds{1});
    }
    entry.refusal = refusal;
    entry.refusal_until = std::chrono::steady_clock::now() + lasts;
}

/// A winner who asks again may have been in the ledger for long: it is asked at once. For the first
/// answer it is asked only when no message came.
void RedisLoop::Await(const UserReply& reply, std::int64_t epoch, MonotonicTime now) {
    if (ledger_waits_.Add(reply, epoch, now + options_.reply_timeout)) {
        UserReply issued = reply;
        issued.accepted = false;
        Deliver({issued});
        return;
    }
    ArmSweep();
    if (reply.outcome != Outcome::kDuplicate) return;
    // When too much waits for the ledger, the message or the time-out answers.
    (void)backend_.FindIssued(reply.coupon_id, reply.user_id,
                              [this, reply, alive = std::weak_ptr(alive_),
                               &io = io_](const Result<std::optional<ledger::IssuanceRow>>& row) {
                                  const bool issued =
                                      row && *row && (*row)->issuance.sequence == reply.sequence;
                                  if (!issued) return;
                                  boost::asio::post(io, [this, reply, row, alive] {
                                      if (!alive.expired() && ledger_waits_.Take(reply))
                                          OnRow(reply, row);
                                  });
                              });
}

/// The last word: what the ledger says now.
void RedisLoop::AskLedger(const UserReply& reply) {
    const bool taken =
        backend_.FindIssued(reply.coupon_id, reply.user_id,
                            [this, reply, alive = std::weak_ptr(alive_),
                             &io = io_](const Result<std::optional<ledger::IssuanceRow>>& row) {
                                boost::asio::post(io, [this, reply, row, alive] {
                                    if (!alive.expired()) OnRow(reply, row);
                                });
                            });
    if (!taken) OnRow(reply, std::nullopt);
}

void RedisLoop::OnRow(UserReply reply, const Result<std::optional<ledger::IssuanceRow>>& row) {
    const bool issued = row && *row && (*row)->issuance.sequence == reply.sequence;
    if (issued) {
        reply.redeemed = reply.outcome == Outcome::kDuplicate && (*row)->redemption.has_value();
        reply.accepted = false;
    } else {
        reply.outcome = Outcome::kUnknown;
        reply.accepted = false;
        reply.sequence = {};
        reply.issued_at = {};
        stats_.unknown.Add();
    }
    Deliver({reply});
}

void RedisLoop::OnState(const redis::RedisState& state) {
    if (!state.up && Up()) down_since_ = std::chrono::steady_clock::now();
    up_.store(state.up, std::memory_order_relaxed);
    if (!state.up) {
        DropRefusals();
        return;
    }
    for (auto& [id, entry] : entries_) PostFlush(entry);
}

void RedisLoop::OnMessage(std::string_view channel, std::string_view payload) {
    if (channel == kChangedChannel) {
        DropRefusal(CouponId{ParseWhole<std::int64_t>(payload).value_or(0)});
        return;
    }
    const auto batch = ParseCommitted(payload);
    if (!batch) return;  // a newer program's: the time-out asks the ledger
    auto issued = ledger_waits_.OnCommitted(*batch);
    for (UserReply& reply : issued) reply.accepted = false;
    Deliver(issued);
}

void RedisLoop::ForgetRefusal(CouponId id) {
    boost::asio::post(io_, [this, id, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) DropRefusal(id);
    });
}

void RedisLoop::DropRefusal(CouponId id) {
    unknown_coupons_.erase(id);
    const auto found = entries_.find(id);
    if (found != entries_.end()) found->second.refusal_until = MonotonicTime::min();
}

void RedisLoop::DropRefusals() {
    for (auto& [id, entry] : entries_) entry.refusal_until = MonotonicTime::min();
    unknown_coupons_.clear();
}

void RedisLoop::ArmSweep() {
    if (sweeping_) return;
    sweeping_ = true;
    sweep_timer_.expires_after(kSweep);
    sweep_timer_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
        if (error || alive.expired()) return;
        sweeping_ = false;
        Sweep();
    });
}

/// Sheds what has waited too long without being sent, tries again what Redis refused for a while.
void RedisLoop::Sweep() {
    const MonotonicTime now = std::chrono::steady_clock::now();
    std::vector<UserReply> shed;
    bool more = !ledger_waits_.Empty();
    for (auto& [id, entry] : entries_) {
        // Behind a call that is under way it is a queue; else there was nobody to ask.
        const Outcome outcome = entry.batch.empty() ? Outcome::kUnavailable : Outcome::kOverloaded;
        std::erase_if(entry.waiting, [&](const Claim& claim) {
            if (claim.deadline >= now) return false;
            shed.push_back(ReplyTo(claim.request, outcome));
            return true;
        });
        Flush(entry);
        more = more || !entry.waiting.empty();
    }
    Deliver(shed);
    for (const UserReply& reply : ledger_waits_.TakeExpired(now)) AskLedger(reply);
    if (more || !ledger_waits_.Empty()) ArmSweep();
}

}  // namespace coupon::admission
