#include "load/histogram.h"

#include <algorithm>
#include <cmath>

namespace coupon::load {

void Histogram::Merge(const Histogram& other) {
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
        buckets_[bucket] += other.buckets_[bucket];
    }
    count_ += other.count_;
    sum_ += other.sum_;
    max_ = std::max(max_, other.max_);
}

std::int64_t Histogram::Percentile(double percent) const {
    const double wanted =
        std::ceil(std::clamp(percent, 0.0, 100.0) / 100.0 * static_cast<double>(count_));
    const auto rank = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(wanted));
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
        seen += buckets_[bucket];
        if (seen >= rank) {
            // The last bucket holds everything beyond what is tracked.
            const bool last = bucket + 1 == buckets_.size();
            return static_cast<std::int64_t>(last ? max_ : std::min(UpperEndOf(bucket), max_));
        }
    }
    return 0;
}

std::uint64_t Histogram::UpperEndOf(std::size_t bucket) {
    if (bucket < 2 * kSubBuckets) return bucket;
    const auto shift = bucket / kSubBuckets - 1;
    const std::uint64_t top = bucket - shift * kSubBuckets;
    return ((top + 1) << shift) - 1;
}

}  // namespace coupon::load
