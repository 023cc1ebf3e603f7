#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "common/ids.h"
#include "queue/queue_look.h"

namespace coupon::queue {

/// What was read of one coupon, in this order while claims and writes go on.
struct ReconcileLook {
    AdmissionCounts before;
    std::int64_t issued = 0;        ///< of the ledger, as are
    std::int64_t dead_letters = 0;  ///< these, whatever became of them
    AdmissionCounts after;
};

/// How far Redis and the ledger are apart. Both are 0 however much goes on, unless claims were lost
/// or rows were made by hand.
struct ReconcileGap {
    /// Admitted and not queued, and neither issued nor a dead letter.
    std::int64_t not_in_ledger = 0;
    std::int64_t not_admitted = 0;  ///< issued, and unknown to the admission state

    bool operator==(const ReconcileGap&) const = default;
};

/// Counts only grow within an epoch: what was read first bounds the ledger from below, what was
/// read last from above. nullopt: a new epoch began meanwhile. Pure; any thread.
std::optional<ReconcileGap> GapOf(const ReconcileLook& look);

/// Keeps the gap of each coupon, a part of the coupons at a time. Pure; under its owner's mutex.
class ReconcileGaps {
public:
    void SetCoupons(const std::set<CouponId>& coupons);
    /// The next limits::kReconciledAtOnce to look at, round and round.
    std::vector<CouponId> Next();
    /// nullopt: it is not known now.
    void Record(CouponId coupon, std::optional<ReconcileGap> gap);
    /// Over the coupons whose gap is known; nullopt: that is none.
    std::optional<ReconcileGap> Sum() const;

private:
    std::map<CouponId, std::optional<ReconcileGap>> gaps_;
    CouponId last_;
};

}  // namespace coupon::queue
