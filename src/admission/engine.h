#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "admission/coupon_table.h"
#include "admission/epoch_reclaimer.h"
#include "common/coupon.h"
#include "common/coupon_edit.h"
#include "common/error.h"

namespace coupon::admission {

/// Decides who gets a coupon. Pure: time and input in, decisions out; no I/O, no clock.
///
/// Decisions that change something are staged: they bind the decisions after them at once, and
/// become state that others may see only with Commit, which the driver calls once they are durable.
/// Discard forgets them. An answer given by Decide must therefore not leave before the stage it was
/// decided against is committed; an answer given by Peek or a read rests on durable state alone and
/// may leave at once.
///
/// Threads: one owner calls everything but the functions that say "any thread".
class Engine {
public:
    /// `hash_seed` goes into the hash of user ids; a fixed one makes runs repeatable.
    explicit Engine(std::uint64_t hash_seed);

    // --- Restoring, before traffic
    /// kDamaged for an id out of range or one that is there already; the rules between a coupon's
    /// members were checked by the ledger (LoadCoupons).
    /// `holders`: how many issuances will follow; room is made for them.
    Result<void> RestoreCoupon(const Coupon& coupon, std::int64_t holders = 0);
    /// Prefetches the holder's slot for RestoreIssuance; to be called some issuances before it.
    /// Changes nothing; an unknown coupon is ignored.
    void PrefetchHolder(const Issuance& issuance) const;
    /// In order of sequence. kDamaged for a coupon that is not there, a gap, a user twice (P4) or a
    /// sequence above the stock (P2).
    Result<void> RestoreIssuance(const Issuance& issuance, bool redeemed);

    // --- Deciding
    UserReply Decide(const UserRequest& request, WallTime now);
    /// What the stage wants written, in order of decision. Valid until Commit or Discard.
    const std::vector<Issuance>& StagedIssuances() const { return issuances_; }
    const std::vector<Redemption>& StagedRedemptions() const { return redemptions_; }
    const std::vector<RedemptionUndo>& StagedUndos() const { return undos_; }
    bool StageIsEmpty() const {
        return issuances_.empty() && redemptions_.empty() && undos_.empty();
    }
    void Commit();
    void Discard();

    // --- Operator changes
    struct PlannedChange {
        Coupon coupon;  ///< the whole record as it shall be
        std::string action;
        std::string detail;
    };
    /// What the change would make of the coupon; changes nothing. Errors: kInvalidArgument with the
    /// field, kNotFound, kConflict. The stage must be empty.
    Result<PlannedChange> Plan(const OperatorChange& change, WallTime now) const;
    /// Makes a planned change state; called once it is durable. The stage must be empty.
    void Apply(const PlannedChange& change);

    // --- Reading durable state; any thread
    /// The answer if durable state alone decides it: a duplicate, an unknown coupon, every refusal
    /// of a claim but "ended" and, once somebody was admitted, "not open". nullopt: ask Decide.
    std::optional<UserReply> Peek(const UserRequest& request, WallTime now) const;
    std::optional<CouponView> FindCoupon(CouponId id) const;
    std::vector<CouponView> ListCoupons(CouponId after, std::size_t limit) const;
    std::optional<Holding> FindHolding(CouponId id, UserId user) const;
    std::vector<Holding> HoldingsOf(UserId user) const;

    /// Owner: bytes of holders and times of all coupons.
    std::size_t MemoryBytes() const;

private:
    struct StageKey {
        CouponId coupon_id;
        UserId user_id;
        bool operator==(const StageKey&) const = default;
    };
    struct StageKeyHash {
        std::size_t operator()(const StageKey& key) const noexcept;
    };
    /// What the stage says of a user and a coupon, over what is durable.
    struct StagedHolding {
        Sequence sequence;
        WallTime issued_at;
        bool redeemed = false;
    };

    UserReply DecideClaim(CouponEntry& entry, const UserRequest& request, WallTime now);
    UserReply DecideRedemption(CouponEntry& entry, const UserRequest& request, WallTime now);
    std::optional<StagedHolding> HoldingWithStage(const CouponEntry& entry,
                                                  const UserRequest& request) const;
    void StageUndo(const RedemptionUndo& undo);
    CouponEntry& AddEntry(const Coupon& coupon, std::int64_t holders);
    Result<PlannedChange> PlanOne(const CreateCoupon& create, WallTime now) const;
    Result<PlannedChange> PlanOne(const UpdateCoupon& update, WallTime now) const;
    Result<PlannedChange> PlanOne(const ChangeStock& change, WallTime now) const;
    Result<PlannedChange> PlanEdit(CouponId id, const CouponEdit& edit, WallTime now) const;

    std::uint64_t hash_seed_;
    std::int64_t reserved_holders_ = 0;  // room made ahead, over all coupons
    mutable EpochReclaimer reclaimer_;  // before the entries: they retire into it
    CouponTable coupons_;
    boost::unordered_flat_map<StageKey, StagedHolding, StageKeyHash> stage_;
    std::vector<Issuance> issuances_;
    std::vector<Redemption> redemptions_;
    std::vector<RedemptionUndo> undos_;
};

}  // namespace coupon::admission
