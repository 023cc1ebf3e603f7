#include "common/metric_cells.h"

#include <algorithm>
#include <numeric>

#include "common/check.h"

namespace coupon {

std::uint64_t HistogramTotals::Count() const {
    return std::accumulate(buckets.begin(), buckets.end(), std::uint64_t{0});
}

HistogramCell::HistogramCell(std::span<const std::int64_t> bounds) : bounds_(bounds) {
    CHECK(!bounds.empty() && bounds.size() <= kHistogramBoundsMax);
    CHECK(std::ranges::is_sorted(bounds));
    CHECK(std::ranges::adjacent_find(bounds) == bounds.end());
}

void HistogramCell::Record(std::int64_t value) {
    value = std::max<std::int64_t>(value, 0);
    const auto bound = std::ranges::lower_bound(bounds_, value);
    auto& bucket = buckets_[static_cast<std::size_t>(bound - bounds_.begin())];
    bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    sum_.store(sum_.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(value),
               std::memory_order_relaxed);
}

void HistogramCell::AddTo(HistogramTotals& totals) const {
    const std::size_t size = bounds_.size() + 1;
    if (totals.buckets.empty()) totals.buckets.resize(size);
    CHECK(totals.buckets.size() == size);
    for (std::size_t i = 0; i < size; ++i) {
        totals.buckets[i] += buckets_[i].load(std::memory_order_relaxed);
    }
    totals.sum += sum_.load(std::memory_order_relaxed);
}

std::uint64_t SumCells(std::span<const CounterCell> cells) {
    std::uint64_t sum = 0;
    for (const CounterCell& cell : cells) sum += cell.Value();
    return sum;
}

HistogramTotals SumCells(std::span<const HistogramCell* const> cells) {
    HistogramTotals totals;
    for (const HistogramCell* cell : cells) cell->AddTo(totals);
    return totals;
}

}  // namespace coupon
