#include "common/time_format.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include "tests/support/manual_clock.h"

namespace coupon {
namespace {

using std::chrono::milliseconds;

using support::At;

constexpr std::int64_t kTenOClock = 1'795'428'000'000;  // 2026-11-23T10:00:00Z

TEST(TimeFormat, WritesUtcWithoutMillisecondsWhenTheyAreZero) {
    EXPECT_EQ(FormatRfc3339(At(kTenOClock)), "2026-11-23T10:00:00Z");
    EXPECT_EQ(FormatRfc3339(At(kTenOClock + 123)), "2026-11-23T10:00:00.123Z");
    EXPECT_EQ(FormatRfc3339(At(kTenOClock + 7)), "2026-11-23T10:00:00.007Z");
}

TEST(TimeFormat, WritesIntoTheCallersBuffer) {
    std::array<char, kRfc3339BytesMax> buffer{};
    const std::string_view text = FormatRfc3339(At(kTenOClock + 1), buffer);
    EXPECT_EQ(text.data(), buffer.data());
    EXPECT_EQ(text, "2026-11-23T10:00:00.001Z");
    EXPECT_EQ(FormatRfc3339Milliseconds(At(kTenOClock), buffer), "2026-11-23T10:00:00.000Z");
}

TEST(TimeFormat, MovesTimesWithoutATextToTheNearerEnd) {
    EXPECT_EQ(FormatRfc3339(WallTime::min()), "1970-01-01T00:00:00Z");
    EXPECT_EQ(FormatRfc3339(WallTime::max()), "9999-12-31T23:59:59.999Z");
}

TEST(TimeFormat, ReadsBackWhatItWrote) {
    // Steps that are no multiple of a day visit every month, leap days and the ends.
    for (WallTime time = kWallTimeMin; time < kWallTimeMax; time += milliseconds(7'654'321'987)) {
        ASSERT_EQ(ParseRfc3339(FormatRfc3339(time)), time) << FormatRfc3339(time);
    }
    EXPECT_EQ(ParseRfc3339(FormatRfc3339(kWallTimeMax)), kWallTimeMax);
}

TEST(TimeFormat, ConvertsOffsetsToUtc) {
    EXPECT_EQ(ParseRfc3339("2026-11-23T19:00:00+09:00"), At(kTenOClock));
    EXPECT_EQ(ParseRfc3339("2026-11-23T06:30:00-03:30"), At(kTenOClock));
    EXPECT_EQ(ParseRfc3339("2026-11-24T09:59:00+23:59"), At(kTenOClock));
    EXPECT_EQ(ParseRfc3339("2026-11-23T10:00:00-00:00"), At(kTenOClock));
}

TEST(TimeFormat, CutsFractionsToMilliseconds) {
    EXPECT_EQ(ParseRfc3339("2026-11-23T10:00:00.5Z"), At(kTenOClock + 500));
    EXPECT_EQ(ParseRfc3339("2026-11-23T10:00:00.12Z"), At(kTenOClock + 120));
    EXPECT_EQ(ParseRfc3339("2026-11-23T10:00:00.123999999Z"), At(kTenOClock + 123));
}

TEST(TimeFormat, AcceptsLeapDaysOfLeapYearsOnly) {
    EXPECT_TRUE(ParseRfc3339("2028-02-29T00:00:00Z"));
    EXPECT_TRUE(ParseRfc3339("2000-02-29T00:00:00Z"));
    EXPECT_FALSE(ParseRfc3339("2026-02-29T00:00:00Z"));
    EXPECT_FALSE(ParseRfc3339("2100-02-29T00:00:00Z"));
}

class RefusedTime : public testing::TestWithParam<std::string_view> {};

TEST_P(RefusedTime, IsNoTime) { EXPECT_FALSE(ParseRfc3339(GetParam())) << GetParam(); }

INSTANTIATE_TEST_SUITE_P(
    TimeFormat, RefusedTime,
    testing::Values("", "2026-11-23", "2026-11-23T10:00:00", "2026-11-23T10:00Z",
                    "2026-11-23t10:00:00z", "2026-11-23 10:00:00Z", " 2026-11-23T10:00:00Z",
                    "2026-11-23T10:00:00Z ", "2026-11-23T10:00:00ZZ", "2026-11-23T24:00:00Z",
                    "2026-11-23T10:60:00Z", "2026-12-31T23:59:60Z", "2026-13-01T00:00:00Z",
                    "2026-00-01T00:00:00Z", "2026-04-31T00:00:00Z", "2026-04-00T00:00:00Z",
                    "2026-11-23T10:00:00.Z", "2026-11-23T10:00:00.1234567890Z",
                    "2026-11-23T10:00:00+24:00", "2026-11-23T10:00:00+09:60",
                    "2026-11-23T10:00:00+0900", "2026-11-23T10:00:00+9:00", "26-11-23T10:00:00Z",
                    "-026-11-23T10:00:00Z", "+2026-11-23T10:00:00Z", "2026-1a-23T10:00:00Z",
                    "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01",
                    "9999-12-31T23:59:59-00:01", "10000-01-01T00:00:00Z",
                    std::string_view("2026-11-23T10:00:00Z\0", 21)));

TEST(TimeFormat, WritesTheDateHeader) {
    EXPECT_EQ(FormatHttpDate(At(kTenOClock + 999)), "Mon, 23 Nov 2026 10:00:00 GMT");
    EXPECT_EQ(FormatHttpDate(At(784'111'777'000)), "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110
    EXPECT_EQ(FormatHttpDate(kWallTimeMin), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(FormatHttpDate(kWallTimeMax), "Fri, 31 Dec 9999 23:59:59 GMT");
}

}  // namespace
}  // namespace coupon
