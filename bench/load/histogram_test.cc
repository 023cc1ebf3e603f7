#include "load/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace coupon::load {
namespace {

constexpr double kPercents[] = {1, 50, 90, 99, 99.9, 100};

std::int64_t Exact(const std::vector<std::int64_t>& sorted, double percent) {
    const auto rank =
        static_cast<std::size_t>(std::ceil(percent / 100.0 * static_cast<double>(sorted.size())));
    return sorted[std::max<std::size_t>(rank, 1) - 1];
}

/// Durations from a nanosecond to a minute, every magnitude as likely.
std::vector<std::int64_t> Durations(std::uint32_t seed, std::size_t count) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> exponent(0.0, std::log(60e9));
    std::vector<std::int64_t> values(count);
    std::ranges::generate(values, [&] { return std::llround(std::exp(exponent(random))); });
    return values;
}

void ExpectWithinOnePercent(const Histogram& histogram, std::vector<std::int64_t> values) {
    std::ranges::sort(values);
    for (const double percent : kPercents) {
        const auto exact = static_cast<double>(Exact(values, percent));
        const auto told = static_cast<double>(histogram.Percentile(percent));
        EXPECT_GE(told, exact) << percent;
        EXPECT_LE(told, exact * 1.01) << percent;
    }
}

TEST(Histogram, TellsPercentilesWithinOnePercentUpToAMinute) {
    const auto values = Durations(1, 100'000);
    Histogram histogram;
    double sum = 0;
    for (const std::int64_t value : values) {
        histogram.Record(value);
        sum += static_cast<double>(value);
    }
    ExpectWithinOnePercent(histogram, values);
    EXPECT_EQ(histogram.Count(), values.size());
    EXPECT_EQ(histogram.Max(), *std::ranges::max_element(values));
    EXPECT_NEAR(histogram.Mean(), sum / 100'000, sum * 1e-12);
}

TEST(Histogram, IsExactForSmallValues) {
    Histogram histogram;
    for (std::int64_t value = 0; value <= 200; ++value) histogram.Record(value);
    EXPECT_EQ(histogram.Percentile(50), 100);
    EXPECT_EQ(histogram.Percentile(0), 0);
    EXPECT_EQ(histogram.Percentile(100), 200);
}

TEST(Histogram, MergesIntoWhatOneWouldHaveCounted) {
    auto values = Durations(2, 10'000);
    const auto others = Durations(3, 5'000);
    Histogram histogram;
    Histogram other;
    std::ranges::for_each(values, [&](std::int64_t value) { histogram.Record(value); });
    std::ranges::for_each(others, [&](std::int64_t value) { other.Record(value); });
    histogram.Merge(other);
    values.insert(values.end(), others.begin(), others.end());
    EXPECT_EQ(histogram.Count(), 15'000U);
    ExpectWithinOnePercent(histogram, values);
}

TEST(Histogram, CountsWhatIsTooLongAndTellsItsMaximum) {
    Histogram histogram;
    histogram.Record(1);
    histogram.Record(-5);
    histogram.Record(3'600'000'000'000);
    EXPECT_EQ(histogram.Count(), 3U);
    EXPECT_EQ(histogram.Max(), 3'600'000'000'000);
    EXPECT_EQ(histogram.Percentile(100), 3'600'000'000'000);
}

TEST(Histogram, SaysNothingWhenEmpty) {
    const Histogram histogram;
    EXPECT_EQ(histogram.Count(), 0U);
    EXPECT_EQ(histogram.Percentile(99), 0);
    EXPECT_EQ(histogram.Mean(), 0.0);
}

}  // namespace
}  // namespace coupon::load
