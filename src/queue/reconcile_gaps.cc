#include "queue/reconcile_gaps.h"

#include <algorithm>

#include "common/limits_consumer.h"
#include "queue/rotation.h"

namespace coupon::queue {

std::optional<ReconcileGap> GapOf(const ReconcileLook& look) {
    if (look.before.epoch != look.after.epoch) return std::nullopt;
    const std::int64_t settled = look.before.admitted - look.before.queued;
    return ReconcileGap{
        .not_in_ledger = std::max<std::int64_t>(0, settled - look.issued - look.dead_letters),
        .not_admitted = std::max<std::int64_t>(0, look.issued - look.after.admitted)};
}

void ReconcileGaps::SetCoupons(const std::set<CouponId>& coupons) {
    std::erase_if(gaps_, [&](const auto& entry) { return !coupons.contains(entry.first); });
    for (const CouponId coupon : coupons) gaps_.try_emplace(coupon);
}

std::vector<CouponId> ReconcileGaps::Next() {
    return NextInTurn(gaps_, last_, limits::kReconciledAtOnce);
}

void ReconcileGaps::Record(CouponId coupon, std::optional<ReconcileGap> gap) {
    const auto found = gaps_.find(coupon);
    if (found != gaps_.end()) found->second = gap;
}

std::optional<ReconcileGap> ReconcileGaps::Sum() const {
    std::optional<ReconcileGap> sum;
    for (const auto& [coupon, gap] : gaps_) {
        if (!gap) continue;
        if (!sum) sum.emplace();
        sum->not_in_ledger += gap->not_in_ledger;
        sum->not_admitted += gap->not_admitted;
    }
    return sum;
}

}  // namespace coupon::queue
