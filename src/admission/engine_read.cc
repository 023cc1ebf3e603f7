#include "admission/engine.h"
#include "admission/engine_rules.h"

namespace coupon::admission {
namespace {

CouponView ViewOf(const CouponEntry& entry) {
    const std::int64_t issued = entry.issued.load(std::memory_order_acquire);
    CouponView view{
        .coupon = *entry.record.load(std::memory_order_seq_cst), .issued = issued, .remaining = {}};
    if (view.coupon.total_quantity) view.remaining = *view.coupon.total_quantity - issued;
    return view;
}

std::optional<Holding> HoldingOf(const CouponEntry& entry, CouponId id, UserId user) {
    const auto held = entry.holders.Find(user);
    if (!held) return std::nullopt;
    return Holding{id, user, held->sequence, entry.times.At(held->sequence), held->redeemed};
}

}  // namespace

std::optional<UserReply> Engine::Peek(const UserRequest& request, WallTime now) const {
    const CouponEntry* entry = coupons_.Find(request.coupon_id);
    if (entry == nullptr) return ReplyTo(request, Outcome::kUnknownCoupon);
    if (request.kind != RequestKind::kClaim) return std::nullopt;

    const EpochReclaimer::ReadGuard guard(reclaimer_);
    // This order is what makes a refusal true: the count first, then the record, then the winners.
    // A stock that the count reaches was exhausted when the record was read (both the count and a
    // top-up only add), and the acquire on the count shows every winner up to it.
    const std::int64_t issued = entry->issued.load(std::memory_order_acquire);
    const Coupon& coupon = *entry->record.load(std::memory_order_seq_cst);
    std::optional<Outcome> refusal = RefusalOf(coupon, now);
    if (!refusal && issued >= StockOf(coupon)) refusal = Outcome::kSoldOut;

    if (const auto held = entry->holders.Find(request.user_id)) {
        return DuplicateReplyTo(request, held->sequence, entry->times.At(held->sequence),
                                held->redeemed);
    }
    // "Ended" and "not open" depend on the clock alone: a claim decided just before the end, or
    // before the clock stepped back, may still wait for its commit, and its user, asking again,
    // must not hear them. Only Decide knows the stage. Before the first admission nothing can wait,
    // so that the crowd before the opening costs the sequencer nothing. Every other refusal is
    // safe: what is sold out, paused or closed in durable state admits nothing that is still
    // undecided.
    const bool may_wait =
        refusal == Outcome::kEnded ||
        (refusal == Outcome::kNotOpen && entry->has_admitted.load(std::memory_order_acquire));
    if (!refusal || may_wait) return std::nullopt;
    return ReplyTo(request, *refusal);
}

std::optional<CouponView> Engine::FindCoupon(CouponId id) const {
    const CouponEntry* entry = coupons_.Find(id);
    if (entry == nullptr) return std::nullopt;
    const EpochReclaimer::ReadGuard guard(reclaimer_);
    return ViewOf(*entry);
}

std::vector<CouponView> Engine::ListCoupons(CouponId after, std::size_t limit) const {
    std::vector<CouponView> views;
    const std::int64_t last = coupons_.LastId().value;
    if (after.value >= last) return views;  // also keeps the largest id from overflowing below
    for (std::int64_t id = after.value + 1; id <= last && views.size() < limit; ++id) {
        const CouponEntry* entry = coupons_.Find(CouponId{id});
        if (entry == nullptr) continue;
        const EpochReclaimer::ReadGuard guard(reclaimer_);
        if (entry->record.load(std::memory_order_seq_cst)->shadow) continue;
        views.push_back(ViewOf(*entry));
    }
    return views;
}

std::optional<Holding> Engine::FindHolding(CouponId id, UserId user) const {
    const CouponEntry* entry = coupons_.Find(id);
    if (entry == nullptr) return std::nullopt;
    const EpochReclaimer::ReadGuard guard(reclaimer_);
    return HoldingOf(*entry, id, user);
}

std::vector<Holding> Engine::HoldingsOf(UserId user) const {
    std::vector<Holding> holdings;
    const std::int64_t last = coupons_.LastId().value;
    for (std::int64_t id = 1; id <= last; ++id) {
        const CouponEntry* entry = coupons_.Find(CouponId{id});
        if (entry == nullptr) continue;
        const EpochReclaimer::ReadGuard guard(reclaimer_);
        if (entry->record.load(std::memory_order_seq_cst)->shadow) continue;
        if (const auto holding = HoldingOf(*entry, CouponId{id}, user)) {
            holdings.push_back(*holding);
        }
    }
    return holdings;
}

}  // namespace coupon::admission
