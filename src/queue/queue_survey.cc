#include "queue/queue_survey.h"

#include <algorithm>

#include "common/limits_consumer.h"
#include "queue/rotation.h"

namespace coupon::queue {
namespace {

constexpr std::size_t kTurns = 10;

}  // namespace

void QueueSurvey::SetCoupons(const std::set<CouponId>& coupons) {
    told_ = true;
    std::erase_if(seen_, [&](const auto& entry) { return !coupons.contains(entry.first); });
    for (const CouponId coupon : coupons) seen_.try_emplace(coupon);
}

std::vector<CouponId> QueueSurvey::Next() {
    return NextInTurn(seen_, last_, std::max(limits::kQueueSurveyedAtOnce, seen_.size() / kTurns));
}

void QueueSurvey::Record(const QueueLook& look, MonotonicTime now) {
    const auto found = seen_.find(look.coupon);
    if (found != seen_.end()) found->second = {look, now};
}

std::optional<QueueNumbers> QueueSurvey::Sum(MonotonicTime now) const {
    if (!told_) return std::nullopt;
    QueueNumbers sum;
    if (seen_.empty()) sum = {.backlog = 0, .oldest = std::chrono::milliseconds(0)};
    for (const auto& [coupon, seen] : seen_) {
        const bool is_fresh = now - seen.at <= limits::kQueueSurveyFresh;
        const auto claims = is_fresh ? seen.look.Claims() : std::nullopt;
        if (claims) {
            sum.backlog = sum.backlog.value_or(0) + *claims;
        } else {
            ++sum.unknown_coupons;
        }
        if (is_fresh && seen.look.oldest) sum.oldest = std::max(sum.oldest, seen.look.oldest);
    }
    return sum;
}

}  // namespace coupon::queue
