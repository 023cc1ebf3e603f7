#include "admission/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "admission/engine_rules.h"
#include "common/check.h"
#include "common/limits.h"

namespace coupon::admission {

std::size_t Engine::StageKeyHash::operator()(const StageKey& key) const noexcept {
    // The flat map mixes the result once more.
    return static_cast<std::size_t>(key.user_id.value) * 31 +
           static_cast<std::size_t>(key.coupon_id.value);
}

Engine::Engine(std::uint64_t hash_seed) : hash_seed_(hash_seed) {
    stage_.reserve(limits::kBatchEntriesMax);
}

CouponEntry& Engine::AddEntry(const Coupon& coupon, std::int64_t holders) {
    CouponEntry& entry =
        coupons_.Add(coupon.id, std::make_unique<CouponEntry>(reclaimer_, hash_seed_, coupon));
    // Room ahead for what may still come is bounded; what is there already needs its room anyway.
    const std::int64_t ahead =
        std::min(coupon.total_quantity.value_or(0), limits::kReservedHoldersMax);
    const bool may_issue = coupon.state != CouponState::kClosed &&
                           reserved_holders_ + ahead <= limits::kReservedHoldersTotalMax;
    if (may_issue) reserved_holders_ += ahead;
    entry.holders.Reserve(static_cast<std::size_t>(std::max(holders, may_issue ? ahead : 0)));
    return entry;
}

Result<void> Engine::RestoreCoupon(const Coupon& coupon, std::int64_t holders) {
    if (coupon.id.value < 1 || coupon.id.value > limits::kCouponsMax) {
        return Damaged(fmt::format("coupon id {} is out of range", coupon.id.value));
    }
    if (coupons_.Find(coupon.id) != nullptr) {
        return Damaged(fmt::format("coupon {} is stored twice", coupon.id.value));
    }
    // A damaged counter must not ask for more than there can be; the rows will contradict it.
    AddEntry(coupon, std::clamp<std::int64_t>(holders, 0, limits::kSequenceMax));
    return {};
}

void Engine::PrefetchHolder(const Issuance& issuance) const {
    const CouponEntry* entry = coupons_.Find(issuance.coupon_id);
    if (entry != nullptr) entry->holders.Prefetch(issuance.user_id);
}

Result<void> Engine::RestoreIssuance(const Issuance& issuance, bool redeemed) {
    CouponEntry* entry = coupons_.Find(issuance.coupon_id);
    if (entry == nullptr) {
        return Damaged(fmt::format("an issuance names coupon {}, which is not stored",
                                   issuance.coupon_id.value));
    }
    const std::int64_t issued = entry->issued.load(std::memory_order_relaxed);
    const auto where = [&] {
        return fmt::format("coupon {}, sequence {}", issuance.coupon_id.value,
                           issuance.sequence.value);
    };
    if (issuance.sequence.value != issued + 1) {
        return Damaged(fmt::format("{}: sequence {} was expected", where(), issued + 1));
    }
    if (issuance.sequence.value > StockOf(*entry->record.load(std::memory_order_relaxed))) {
        return Damaged(fmt::format("{}: more issuances than stock", where()));
    }
    if (issuance.user_id.value < 1) {
        return Damaged(fmt::format("{}: user id out of range", where()));
    }
    if (!entry->holders.Insert(issuance.user_id, issuance.sequence)) {
        return Damaged(
            fmt::format("{}: user {} holds this coupon already", where(), issuance.user_id.value));
    }
    entry->times.Append(issuance.sequence, issuance.issued_at);
    if (redeemed) entry->holders.SetRedeemed(issuance.user_id, true);
    entry->last_issued_at = std::max(entry->last_issued_at, issuance.issued_at);
    entry->issued.store(issued + 1, std::memory_order_release);
    return {};
}

UserReply Engine::Decide(const UserRequest& request, WallTime now) {
    CouponEntry* entry = coupons_.Find(request.coupon_id);
    if (entry == nullptr) return ReplyTo(request, Outcome::kUnknownCoupon);
    return request.kind == RequestKind::kClaim ? DecideClaim(*entry, request, now)
                                               : DecideRedemption(*entry, request, now);
}

std::optional<Engine::StagedHolding> Engine::HoldingWithStage(const CouponEntry& entry,
                                                              const UserRequest& request) const {
    if (!stage_.empty()) {
        const auto staged = stage_.find(StageKey{request.coupon_id, request.user_id});
        if (staged != stage_.end()) return staged->second;
    }
    const auto held = entry.holders.Find(request.user_id);
    if (!held) return std::nullopt;
    return StagedHolding{held->sequence, entry.times.At(held->sequence), held->redeemed};
}

UserReply Engine::DecideClaim(CouponEntry& entry, const UserRequest& request, WallTime now) {
    // A winner who asks again is recognised before state, window and stock are looked at (P6).
    if (const auto held = HoldingWithStage(entry, request)) {
        return DuplicateReplyTo(request, held->sequence, held->issued_at, held->redeemed);
    }
    const Coupon& coupon = *entry.record.load(std::memory_order_relaxed);
    if (const auto refusal = RefusalOf(coupon, now)) return ReplyTo(request, *refusal);
    const std::int64_t admitted = entry.issued.load(std::memory_order_relaxed) + entry.staged;
    if (admitted >= StockOf(coupon)) return ReplyTo(request, Outcome::kSoldOut);

    const Sequence sequence{admitted + 1};
    // The stamps of a coupon never run backwards, even when the machine's clock does: the sequence
    // is the order.
    entry.last_issued_at = std::max(entry.last_issued_at, now);
    const Issuance issuance{request.coupon_id, sequence, request.user_id, entry.last_issued_at};
    ++entry.staged;
    entry.has_admitted.store(true, std::memory_order_release);  // partner: Peek
    issuances_.push_back(issuance);
    stage_.insert_or_assign(StageKey{request.coupon_id, request.user_id},
                            StagedHolding{sequence, issuance.issued_at, false});
    return ReplyTo(request, Outcome::kAdmitted, sequence, issuance.issued_at);
}

UserReply Engine::DecideRedemption(CouponEntry& entry, const UserRequest& request, WallTime now) {
    const auto held = HoldingWithStage(entry, request);
    if (!held) return ReplyTo(request, Outcome::kNotHeld);
    const auto answer = [&](Outcome outcome) {
        return ReplyTo(request, outcome, held->sequence, held->issued_at);
    };
    const bool redeem = request.kind == RequestKind::kRedeem;
    const WallTime used_at = RedeemedAt(now, held->issued_at);
    if (redeem) {
        const Coupon& coupon = *entry.record.load(std::memory_order_relaxed);
        const auto refusal = RefusalOfRedemption({coupon.minimum_price, coupon.expires_at},
                                                 held->redeemed, request.order_amount, now);
        if (refusal) return answer(OutcomeOf(*refusal));
        redemptions_.push_back({request.coupon_id, held->sequence, request.order_amount, used_at});
    } else {
        if (!held->redeemed) return answer(Outcome::kNotRedeemed);
        StageUndo({request.coupon_id, held->sequence});
    }
    stage_.insert_or_assign(StageKey{request.coupon_id, request.user_id},
                            StagedHolding{held->sequence, held->issued_at, redeem});
    UserReply reply = answer(redeem ? Outcome::kRedeemed : Outcome::kRedemptionUndone);
    if (redeem) reply.redeemed_at = used_at;
    return reply;
}

void Engine::StageUndo(const RedemptionUndo& undo) {
    // A redemption that is only staged is taken back by not writing it. A stored one that is given
    // back and used again in one stage is written as both: the ledger applies undos before
    // redemptions.
    const auto staged = std::ranges::find_if(redemptions_, [&](const Redemption& redemption) {
        return redemption.coupon_id == undo.coupon_id && redemption.sequence == undo.sequence;
    });
    if (staged != redemptions_.end()) {
        redemptions_.erase(staged);
    } else {
        undos_.push_back(undo);
    }
}

void Engine::Commit() {
    for (const Issuance& issuance : issuances_) {
        CouponEntry& entry = *coupons_.Find(issuance.coupon_id);
        entry.times.Append(issuance.sequence, issuance.issued_at);
        CHECK(entry.holders.Insert(issuance.user_id, issuance.sequence));
        --entry.staged;
        // Release, partner of the acquire in Peek: who sees this count sees every holder up to it.
        entry.issued.store(issuance.sequence.value, std::memory_order_release);
    }
    if (!redemptions_.empty() || !undos_.empty()) {
        for (const auto& [key, holding] : stage_) {
            coupons_.Find(key.coupon_id)->holders.SetRedeemed(key.user_id, holding.redeemed);
        }
    }
    Discard();
    reclaimer_.Collect();
}

void Engine::Discard() {
    for (const Issuance& issuance : issuances_) coupons_.Find(issuance.coupon_id)->staged = 0;
    issuances_.clear();
    redemptions_.clear();
    undos_.clear();
    stage_.clear();
}

std::size_t Engine::MemoryBytes() const {
    std::size_t bytes = 0;
    for (std::int64_t id = 1; id <= coupons_.LastId().value; ++id) {
        const CouponEntry* entry = coupons_.Find(CouponId{id});
        if (entry != nullptr) bytes += entry->holders.MemoryBytes() + entry->times.MemoryBytes();
    }
    return bytes;
}

}  // namespace coupon::admission
