#include "admission/issue_times.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "tests/support/manual_clock.h"

namespace coupon::admission {
namespace {

using support::At;

TEST(IssueTimes, TellsTheTimeOfEverySequence) {
    EpochReclaimer reclaimer;
    IssueTimes times(reclaimer);
    std::vector<std::int64_t> expected;
    std::int64_t now = 1'700'000'000'000;
    for (std::int64_t sequence = 1; sequence <= 5'000; ++sequence) {
        if (sequence % 3 == 0) now += sequence % 7;  // some steps are 0: a run goes on
        times.Append(Sequence{sequence}, At(now));
        expected.push_back(now);
    }
    for (std::int64_t sequence = 1; sequence <= 5'000; ++sequence) {
        EXPECT_EQ(times.At(Sequence{sequence}),
                  At(expected[static_cast<std::size_t>(sequence - 1)]))
            << sequence;
    }
}

TEST(IssueTimes, CostsNothingMoreWithinAMillisecond) {
    EpochReclaimer reclaimer;
    IssueTimes times(reclaimer);
    times.Append(Sequence{1}, At(5));
    const std::size_t before = times.MemoryBytes();
    for (std::int64_t sequence = 2; sequence <= 100'000; ++sequence) {
        times.Append(Sequence{sequence}, At(5));
    }
    EXPECT_EQ(times.MemoryBytes(), before);
    EXPECT_EQ(times.At(Sequence{100'000}), At(5));
}

TEST(IssueTimes, KeepsTimesBeforeTheEpochAndFarAhead) {
    EpochReclaimer reclaimer;
    IssueTimes times(reclaimer);
    times.Append(Sequence{1}, At(-1));
    times.Append(Sequence{2}, At(253'402'300'799'999));
    EXPECT_EQ(times.At(Sequence{1}), At(-1));
    EXPECT_EQ(times.At(Sequence{2}), At(253'402'300'799'999));
}

}  // namespace
}  // namespace coupon::admission
