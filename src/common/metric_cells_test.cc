#include "common/metric_cells.h"

#include <gtest/gtest.h>

#include <limits>
#include <thread>

namespace coupon {
namespace {

constexpr std::array<std::int64_t, 3> kBounds = {10, 20, 40};

TEST(MetricCells, DoNotShareACacheLine) {
    static_assert(sizeof(CounterCell) == kCacheLineBytes &&
                  alignof(CounterCell) == kCacheLineBytes);
    static_assert(sizeof(GaugeCell) == kCacheLineBytes && alignof(GaugeCell) == kCacheLineBytes);
    static_assert(sizeof(HistogramCell) % kCacheLineBytes == 0);
    static_assert(alignof(HistogramCell) == kCacheLineBytes);
}

TEST(MetricCells, SumOverThreads) {
    std::array<CounterCell, 3> cells;
    std::vector<std::thread> threads;
    for (CounterCell& cell : cells) {
        threads.emplace_back([&cell] {
            for (int i = 0; i < 1000; ++i) cell.Add();
            cell.Add(5);
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(SumCells(cells), 3015U);
}

TEST(MetricCells, AGaugeSaysWhatWasSetLast) {
    GaugeCell gauge;
    EXPECT_EQ(gauge.Value(), 0);
    gauge.Set(-7);
    EXPECT_EQ(gauge.Value(), -7);
}

TEST(HistogramCell, CountsABoundInItsOwnBucket) {
    HistogramCell cell(kBounds);
    for (const std::int64_t value : {0, 10, 11, 20, 21, 40, 41, 1000}) cell.Record(value);
    const HistogramCell* cells[] = {&cell};
    const HistogramTotals totals = SumCells(cells);
    EXPECT_EQ(totals.buckets, (std::vector<std::uint64_t>{2, 2, 2, 2}));
    EXPECT_EQ(totals.sum, 1143U);
    EXPECT_EQ(totals.Count(), 8U);
}

TEST(HistogramCell, CountsNegativeValuesAsZero) {
    HistogramCell cell(kBounds);
    cell.Record(-5);
    HistogramTotals totals;
    cell.AddTo(totals);
    EXPECT_EQ(totals.buckets.front(), 1U);
    EXPECT_EQ(totals.sum, 0U);
}

TEST(HistogramCell, SumsOverCells) {
    HistogramCell first(kBounds);
    HistogramCell second(kBounds);
    first.Record(5);
    second.Record(15);
    second.Record(50);
    const HistogramCell* cells[] = {&first, &second};
    const HistogramTotals totals = SumCells(cells);
    EXPECT_EQ(totals.buckets, (std::vector<std::uint64_t>{1, 1, 0, 1}));
    EXPECT_EQ(totals.sum, 70U);
}

TEST(HistogramCellDeathTest, RefusesBoundsThatMakeNoSense) {
    static constexpr std::array<std::int64_t, 2> kFalling = {2, 1};
    static constexpr std::array<std::int64_t, 2> kTwice = {1, 1};
    static constexpr std::array<std::int64_t, kHistogramBoundsMax + 1> kMany = {};
    EXPECT_DEATH(HistogramCell{kFalling}, "CHECK failed");
    EXPECT_DEATH(HistogramCell{kTwice}, "CHECK failed");
    EXPECT_DEATH(HistogramCell{kMany}, "CHECK failed");
    EXPECT_DEATH(HistogramCell{std::span<const std::int64_t>()}, "CHECK failed");
}

}  // namespace
}  // namespace coupon
