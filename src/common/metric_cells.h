#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace coupon {

/// Cells of two threads never share a line of this size.
inline constexpr std::size_t kCacheLineBytes = 64;
/// Upper bounds of a histogram, at most.
inline constexpr std::size_t kHistogramBoundsMax = 23;

/// For cells of one writer: no locked instruction. Relaxed, because each number stands for itself.
inline void AddRelaxed(std::atomic<std::uint64_t>& cell, std::uint64_t amount) {
    cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

/// A number that only grows. One writer (Add: load and store, no locked instruction), any number of
/// readers; relaxed, because each number stands for itself: a reader sees it whole, but not two
/// cells of one instant.
class alignas(kCacheLineBytes) CounterCell {
public:
    /// The writer's thread only.
    void Add(std::uint64_t amount = 1) { AddRelaxed(value_, amount); }
    /// Any thread.
    std::uint64_t Value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::uint64_t> value_{0};
};

/// A number that is set. One writer at a time, any number of readers; relaxed as above.
class alignas(kCacheLineBytes) GaugeCell {
public:
    void Set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
    std::int64_t Value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> value_{0};
};

/// A histogram's numbers, summed over cells.
struct HistogramTotals {
    /// Not cumulative; one more than there are bounds, the last for what is above all of them.
    /// Empty = no cell yet.
    std::vector<std::uint64_t> buckets = {};
    std::uint64_t sum = 0;  ///< in the unit of the bounds

    /// The sum of the buckets.
    std::uint64_t Count() const;
};

/// Counts values in fixed buckets. One writer, any number of readers, as CounterCell.
class alignas(kCacheLineBytes) HistogramCell {
public:
    /// `bounds`: upper bounds, inclusive, ascending, 1 to kHistogramBoundsMax (CHECK); must outlive
    /// the cell (a constexpr array). The unit is the caller's: nanoseconds, rows.
    explicit HistogramCell(std::span<const std::int64_t> bounds);

    /// The writer's thread only. A value below 0 counts as 0.
    void Record(std::int64_t value);
    /// Adds this cell to `totals`, whose buckets are empty or of the same bounds. Any thread.
    void AddTo(HistogramTotals& totals) const;
    std::span<const std::int64_t> Bounds() const { return bounds_; }

private:
    std::span<const std::int64_t> bounds_;
    std::atomic<std::uint64_t> sum_{0};
    std::array<std::atomic<std::uint64_t>, kHistogramBoundsMax + 1> buckets_{};
};

/// Any thread.
std::uint64_t SumCells(std::span<const CounterCell> cells);
HistogramTotals SumCells(std::span<const HistogramCell* const> cells);

/// Bounds for durations in nanoseconds, 50 us to 10 s.
inline constexpr std::array<std::int64_t, 14> kSecondsBoundsNanoseconds = {
    50'000,     100'000,    250'000,     500'000,     1'000'000,     2'500'000,     5'000'000,
    10'000'000, 25'000'000, 100'000'000, 500'000'000, 1'000'000'000, 2'500'000'000, 10'000'000'000};
/// Bounds for sizes of batches: powers of two, 1 to 8192.
inline constexpr std::array<std::int64_t, 14> kBatchSizeBounds = {
    1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192};

}  // namespace coupon
