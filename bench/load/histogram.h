#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace coupon::load {

/// Durations in log-linear buckets: each power of two is cut into 128, so a bucket is at most 0.8 %
/// wide. Constant memory (31 KiB). What is above kMaxTracked counts in the last bucket; Max() and
/// Mean() stay exact. Not thread-safe: one a thread, merged at the end.
class Histogram {
public:
    static constexpr int kSubBucketBits = 7;
    static constexpr std::uint64_t kSubBuckets = 1U << kSubBucketBits;
    /// 2^36 ns = 68.7 s.
    static constexpr int kMaxTrackedBits = 36;
    static constexpr std::uint64_t kMaxTracked = (std::uint64_t{1} << kMaxTrackedBits) - 1;

    Histogram() : buckets_(BucketOf(kMaxTracked) + 1) {}

    /// A value below 0 (a clock is never that wrong) counts as 0.
    void Record(std::int64_t nanoseconds) {
        const std::uint64_t value = nanoseconds < 0 ? 0 : static_cast<std::uint64_t>(nanoseconds);
        ++buckets_[BucketOf(value < kMaxTracked ? value : kMaxTracked)];
        ++count_;
        sum_ += static_cast<double>(value);
        max_ = value > max_ ? value : max_;
    }
    void Merge(const Histogram& other);

    std::uint64_t Count() const { return count_; }
    /// 0 when empty, as the two below: look at Count() first.
    std::int64_t Max() const { return static_cast<std::int64_t>(max_); }
    double Mean() const { return count_ == 0 ? 0.0 : sum_ / static_cast<double>(count_); }
    /// The smallest tracked value that `percent` (0 to 100) of the records do not exceed: the upper
    /// end of its bucket, never above Max().
    std::int64_t Percentile(double percent) const;

private:
    /// Values below 128 have a bucket each; from there the 7 bits below the highest one choose it.
    static constexpr std::size_t BucketOf(std::uint64_t value) {
        const int bits = static_cast<int>(std::bit_width(value));
        if (bits <= kSubBucketBits) return value;
        const int shift = bits - kSubBucketBits - 1;
        return static_cast<std::size_t>(shift) * kSubBuckets + (value >> shift);
    }
    static std::uint64_t UpperEndOf(std::size_t bucket);

    std::vector<std::uint64_t> buckets_;
    std::uint64_t count_ = 0;
    std::uint64_t max_ = 0;
    double sum_ = 0.0;
};

}  // namespace coupon::load
