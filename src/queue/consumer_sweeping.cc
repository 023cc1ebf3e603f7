#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "admission/redis_durability.h"
#include "common/limits_consumer.h"
#include "ledger/mysql_coupons.h"
#include "ledger/mysql_tallies.h"
#include "queue/consumer.h"
#include "queue/queue_look.h"

// What the sweeping thread does.

namespace coupon::queue {
namespace {

constexpr std::chrono::seconds kSweepInterval{10};
constexpr std::chrono::seconds kSweepIntervalWhenDown{1};

}  // namespace

void Consumer::SweepUntilStopped() {
    ledger::MysqlCoupons coupons(pool_);
    while (true) {
        const bool found = FindCoupons(coupons);
        const MonotonicTime next =
            clock_.MonotonicNow() + (found ? kSweepInterval : kSweepIntervalWhenDown);
        AskRedis();
        const MutexLock lock(mutex_);
        while (!stopping_ && stop_.WaitUntil(mutex_, next)) continue;
        if (stopping_) return;
    }
}

bool Consumer::FindCoupons(ledger::MysqlCoupons& coupons) {
    const auto found = coupons.Draining(clock_.WallNow() - limits::kQueueSweepBehind);
    health_.OnSweep(found ? std::nullopt : std::optional(found.error()));
    if (!found) return false;
    const MutexLock lock(mutex_);
    std::set<CouponId> swept(found->begin(), found->end());
    gaps_.SetCoupons(swept);
    planner_.SetSwept(std::move(swept));
    SetSurveyedCoupons();
    return true;
}

void Consumer::AskRedis() {
    if (sweep_session_->WaitUntilUp(limits::kQueueReadPatience)) {
        Reconcile();
        ReadLevel();
        return;
    }
    const MutexLock lock(mutex_);
    gaps_.SetCoupons({});
    level_.reset();
}

void Consumer::Reconcile() {
    std::vector<CouponId> coupons;
    {
        const MutexLock lock(mutex_);
        coupons = gaps_.Next();
    }
    const auto gaps = ReadGaps(coupons);
    const MutexLock lock(mutex_);
    for (const CouponId coupon : coupons) {
        const auto gap = gaps.find(coupon);
        gaps_.Record(coupon, gap == gaps.end() ? std::nullopt : gap->second);
    }
}

/// Reads in the order of ReconcileLook. What cannot be read is not known, and left out.
std::map<CouponId, std::optional<ReconcileGap>> Consumer::ReadGaps(
    std::span<const CouponId> coupons) {
    const auto before = LookAt(*sweep_session_, coupons, limits::kQueueReadPatience);
    if (!before) return {};
    const auto tallies = ledger::ReadTallies(pool_, coupons);
    if (!tallies) return {};
    const auto after = LookAt(*sweep_session_, coupons, limits::kQueueReadPatience);
    if (!after) return {};
    std::map<CouponId, std::optional<ReconcileGap>> gaps;
    for (const ledger::LedgerTally& tally : *tallies) {
        const auto at =
            static_cast<std::size_t>(std::ranges::find(coupons, tally.coupon) - coupons.begin());
        const auto& first = (*before)[at].counts;
        const auto& last = (*after)[at].counts;
        if (!first || !last) continue;
        gaps[tally.coupon] = GapOf({.before = *first,
                                    .issued = tally.issued,
                                    .dead_letters = tally.dead_letters,
                                    .after = *last});
    }
    return gaps;
}

void Consumer::ReadLevel() {
    const auto durability = admission::CheckDurability(*sweep_session_);
    if (!durability && durability.error().code == ErrorCode::kConfiguration) {
        log_.Error("Redis may lose claims", {{"error", Describe(durability.error())}});
    }
    const MutexLock lock(mutex_);
    level_ = durability ? std::optional(durability->level) : std::nullopt;
}

}  // namespace coupon::queue
