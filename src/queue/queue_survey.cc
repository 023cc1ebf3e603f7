#include "queue/queue_survey.h"

#include <algorithm>

namespace coupon::queue {
namespace {

constexpr std::size_t kTurns = 10;

}  // namespace

void QueueSurvey::SetCoupons(const std::set<CouponId>& coupons) {
    told_ = true;
    std::erase_if(seen_, [&](const auto& entry) { return !coupons.contains(entry.first); });
    for (const CouponId coupon : coupons) seen_.try_emplace(coupon);
}

std::vector<CouponId> QueueSurvey::Next(std::size_t limit) {
    std::vector<CouponId> next;
    auto at = seen_.upper_bound(last_);
    const std::size_t count = std::min(std::max(limit, seen_.size() / kTurns), seen_.size());
    for (std::size_t i = 0; i < count; ++i) {
        if (at == seen_.end()) at = seen_.begin();
        next.push_back(at->first);
        ++at;
    }
    if (!next.empty()) last_ = next.back();
    return next;
}

void QueueSurvey::Record(CouponId coupon, std::optional<std::int64_t> claims,
                         std::chrono::milliseconds oldest, MonotonicTime now) {
    const auto found = seen_.find(coupon);
    if (found != seen_.end()) found->second = {claims, oldest, now};
}

std::optional<QueueNumbers> QueueSurvey::Sum(MonotonicTime now,
                                             std::chrono::milliseconds fresh) const {
    if (!told_) return std::nullopt;
    QueueNumbers sum;
    for (const auto& [coupon, seen] : seen_) {
        if (!seen.claims || now - seen.at > fresh) return std::nullopt;
        sum.backlog += *seen.claims;
        sum.oldest = std::max(sum.oldest, seen.oldest);
    }
    return sum;
}

}  // namespace coupon::queue
