// What RedisLoop makes of decisions, messages and time.

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "admission/engine_rules.h"
#include "admission/redis_keys.h"
#include "admission/redis_loop.h"
#include "common/parse_number.h"

namespace coupon::admission {
namespace {

constexpr std::chrono::milliseconds kSweep{20};  ///< a claim may be shed that much late
/// Between two attempts to read the winners of a coupon.
constexpr std::chrono::milliseconds kWinnersPause{1'000};

}  // namespace

void RedisLoop::OnDecided(Entry& entry, const ClaimDecision& decision) {
    stats_.batches.Add();
    stats_.batched_claims.Add(entry.batch.size());
    std::vector<UserReply> replies;
    std::vector<UserReply> waits;
    replies.reserve(entry.batch.size());
    for (std::size_t i = 0; i < entry.batch.size(); ++i) {
        const DecidedClaim& claim = decision.claims[i];
        UserReply reply =
            ReplyTo(entry.batch[i].request, claim.outcome, claim.sequence, claim.issued_at);
        reply.accepted =
            claim.outcome == Outcome::kAdmitted || claim.outcome == Outcome::kDuplicate;
        const bool wait = reply.accepted && options_.reply_after == ReplyAfter::kLedger;
        (wait ? waits : replies).push_back(reply);
    }
    entry.batch.clear();
    Remember(entry, decision);
    Deliver(replies);
    const MonotonicTime now = std::chrono::steady_clock::now();
    for (const UserReply& reply : waits) ledger_replies_.Hold(reply, entry.epoch, now);
    if (!waits.empty()) ArmSweep();
}

/// A refusal may be told again without asking where it is known who must not be told so.
void RedisLoop::Remember(Entry& entry, const ClaimDecision& decision) {
    const WinnersVersion version{entry.epoch, decision.next};
    entry.refusal.See(version);
    if (decision.newcomers == decision.admitted) return;
    if (decision.refusal == Outcome::kOverloaded || decision.refusal == Outcome::kUnknown) return;
    if (!subscriber_->Subscribed()) return;
    if (!entry.refusal.KnowsWinners()) {
        // Worth it where they change no more in the ordinary course.
        if (decision.refusal == Outcome::kSoldOut) AskForWinners(entry, version);
        return;
    }
    std::chrono::milliseconds lasts = options_.refusal_cached;
    if (decision.refusal == Outcome::kNotOpen) {
        // The answer is as old as it was on its way, which only shortens it.
        lasts = std::min(lasts, decision.opens_in - std::chrono::milliseconds{1});
    }
    entry.refusal.Remember(decision.refusal, std::chrono::steady_clock::now() + lasts);
}

void RedisLoop::AskForWinners(Entry& entry, const WinnersVersion& version) {
    const MonotonicTime now = std::chrono::steady_clock::now();
    if (now < entry.winners_not_before) return;
    entry.winners_not_before = now + kWinnersPause;
    (void)backend_.FindWinners(entry.id, version,
                               [this, id = entry.id, alive = std::weak_ptr(alive_),
                                &io = io_](const std::shared_ptr<const WinnerFilter>& winners) {
                                   boost::asio::post(io, [this, id, alive, winners] {
                                       if (alive.expired()) return;
                                       const auto found = entries_.find(id);
                                       if (found != entries_.end())
                                           found->second.refusal.Learn(winners);
                                   });
                               });
}

void RedisLoop::OnRedeemed(const UserReply& reply) {
    if (redemptions_.erase(reply.tag) > 0) Deliver({reply});  // else it was given up
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
    ledger_replies_.OnMessage(payload);
}

void RedisLoop::ForgetRefusal(CouponId id) {
    boost::asio::post(io_, [this, id, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) DropRefusal(id);
    });
}

void RedisLoop::DropRefusal(CouponId id) {
    unknown_coupons_.erase(id);
    const auto found = entries_.find(id);
    if (found != entries_.end()) found->second.refusal.Drop();
}

void RedisLoop::DropRefusals() {
    for (auto& [id, entry] : entries_) entry.refusal.Forget();
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
    bool more = !redemptions_.empty();
    for (auto& [id, entry] : entries_) {
        // Behind a call that is under way it is a queue; else there was nobody to ask.
        const Outcome outcome = entry.batch.empty() ? Outcome::kUnavailable : Outcome::kOverloaded;
        const std::size_t others = shed.size();
        std::erase_if(entry.waiting, [&](const Claim& claim) {
            if (claim.deadline >= now) return false;
            shed.push_back(ReplyTo(claim.request, outcome));
            return true;
        });
        if (outcome == Outcome::kOverloaded) stats_.shed.Add(shed.size() - others);
        Flush(entry);
        more = more || !entry.waiting.empty() || entry.loading;
    }
    Deliver(shed);
    backend_.RefuseOverdue(now);
    ledger_replies_.Sweep(now);
    if (more || !ledger_replies_.Empty()) ArmSweep();
}

void RedisLoop::GiveUp() {
    boost::asio::post(io_, [this, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        for (auto& [id, entry] : entries_) {
            AnswerBatch(entry, Outcome::kUnknown);
            AnswerWaiting(entry, Outcome::kUnavailable);
        }
        std::vector<UserReply> redemptions;
        redemptions.reserve(redemptions_.size());
        for (const auto& [tag, request] : redemptions_) {
            redemptions.push_back(ReplyTo(request, Outcome::kUnknown));
        }
        redemptions_.clear();
        Deliver(redemptions);
        ledger_replies_.GiveUp();
    });
}

}  // namespace coupon::admission
