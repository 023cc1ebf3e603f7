#include "load/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace coupon::load {
namespace {

using std::chrono::seconds;

std::vector<std::int64_t> TimesOf(const Schedule& schedule, std::uint64_t first = 0,
                                  std::uint64_t step = 1) {
    std::vector<std::int64_t> times;
    for (Schedule::Cursor cursor(schedule, first, step); !cursor.AtEnd(); cursor.Advance()) {
        times.push_back(cursor.Nanoseconds());
    }
    return times;
}

TEST(Schedule, SpacesAConstantRateEvenlyFromTheStart) {
    const auto schedule = Schedule::Constant(4, seconds(2));
    ASSERT_TRUE(schedule);
    EXPECT_EQ(schedule->Count(), 8U);
    EXPECT_EQ(schedule->Duration(), seconds(2));
    EXPECT_EQ(TimesOf(*schedule),
              (std::vector<std::int64_t>{0, 250'000'000, 500'000'000, 750'000'000, 1'000'000'000,
                                         1'250'000'000, 1'500'000'000, 1'750'000'000}));
}

TEST(Schedule, KeepsAHighRateForALongTimeToTheNanosecond) {
    const auto schedule = Schedule::Constant(200'000, seconds(600));
    ASSERT_TRUE(schedule);
    EXPECT_EQ(schedule->Count(), 120'000'000U);
    Schedule::Cursor last(*schedule, 119'999'999, 1);
    EXPECT_EQ(last.Nanoseconds(), 599'999'995'000);
}

TEST(Schedule, RampsInAStraightLine) {
    const auto schedule = Schedule::Parse("0-1000:2s");
    ASSERT_TRUE(schedule);
    EXPECT_EQ(schedule->Count(), 1000U);
    const auto times = TimesOf(*schedule);
    // A quarter of the requests in the first half of the time.
    EXPECT_EQ(times[250], 1'000'000'000);
    EXPECT_TRUE(std::ranges::is_sorted(times));
    const auto down = Schedule::Parse("1000-0:2s");
    ASSERT_TRUE(down);
    EXPECT_EQ(TimesOf(*down)[750], 1'000'000'000);
}

TEST(Schedule, SendsABurstAtOnceAndGoesOnFromThere) {
    const auto schedule = Schedule::Parse("burst:3+2:1s+burst:2+1-1:2s");
    ASSERT_TRUE(schedule);
    EXPECT_EQ(TimesOf(*schedule),
              (std::vector<std::int64_t>{0, 0, 0, 0, 500'000'000, 1'000'000'000, 1'000'000'000,
                                         1'000'000'000, 2'000'000'000}));
}

TEST(Schedule, SharesItsRequestsBetweenThreads) {
    const auto schedule = Schedule::Parse("burst:3+0-50:1s+100:1s");
    ASSERT_TRUE(schedule);
    auto all = TimesOf(*schedule);
    auto shared = TimesOf(*schedule, 0, 2);
    const auto second = TimesOf(*schedule, 1, 2);
    shared.insert(shared.end(), second.begin(), second.end());
    std::ranges::sort(shared);
    EXPECT_EQ(shared, all);
}

TEST(Schedule, RefusesWhatItCannotMean) {
    for (const char* text : {"", "40000", "40000:", "x:1s", "-5:1s", "burst:0", "burst:x", "5:1h",
                             "5:0s", "1-2-3:1s", "5:1s+", "0:10s", "1000000000:1000min", "5:-1s"}) {
        EXPECT_FALSE(Schedule::Parse(text)) << text;
    }
}

}  // namespace
}  // namespace coupon::load
