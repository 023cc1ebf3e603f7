#include "apps/ctl/arguments.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "common/limits.h"

namespace coupon::ctl {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

constexpr WallTime kNoon = sys_days{std::chrono::year{2026} / 11 / 23} + 12h;

TEST(Arguments, ReadsTimesRelativeToNowAndAbsolute) {
    EXPECT_EQ(ParseTime("now", "--start")->Resolve(kNoon), kNoon);
    EXPECT_EQ(ParseTime("+1h", "--start")->Resolve(kNoon), kNoon + 1h);
    EXPECT_EQ(ParseTime("+30min", "--start")->Resolve(kNoon), kNoon + 30min);
    EXPECT_EQ(ParseTime("+90s", "--start")->Resolve(kNoon), kNoon + 90s);
    EXPECT_EQ(ParseTime("+7d", "--start")->Resolve(kNoon), kNoon + 168h);
    EXPECT_EQ(ParseTime("2026-11-23T21:00:00+09:00", "--start")->Resolve({}), kNoon);
    EXPECT_FALSE(ParseTime("2026-11-23T12:00:00Z", "--start")->relative);
}

TEST(Arguments, RefusesTimesFurtherAwayThanAHundredYears) {
    EXPECT_EQ(ParseTime("+36500d", "--end")->Resolve(kNoon), kNoon + limits::kTimeOffsetMax);
    EXPECT_TRUE(ParseTime("+876000h", "--end"));
    EXPECT_EQ(ParseTime("+876001h", "--end").error().field, "--end");
    EXPECT_EQ(ParseTime("+36501d", "--end").error().field, "--end");
}

TEST(Arguments, RefusesTimesThatSayLessThanAPointOfTime) {
    for (const char* text :
         {"", "+", "+1", "1h", "-1h", "+-1h", "+1month", "today", "Now", "2026-11-23",
          "2026-11-23T12:00:00", "2026-02-30T00:00:00Z", "2026-11-23 12:00:00Z"}) {
        const Result<TimeArgument> time = ParseTime(text, "--end");
        ASSERT_FALSE(time) << text;
        EXPECT_EQ(time.error().field, "--end");
    }
}

TEST(Arguments, ReadsChangesOfStockWithTheirSign) {
    EXPECT_EQ(ParseDelta("+50", "DELTA"), 50);
    EXPECT_EQ(ParseDelta("-20", "DELTA"), -20);
    EXPECT_EQ(ParseDelta("7", "DELTA"), 7);
    for (const char* text : {"", "0", "+0", "-0", "+", "-", "+-5", "--5", "++5", "5x", "1.5", " 5",
                             "9223372036854775808"}) {
        EXPECT_FALSE(ParseDelta(text, "DELTA")) << text;
    }
}

TEST(Arguments, ReadsIdsFromOneToTheLargest) {
    EXPECT_EQ(ParseId("1", "ID"), 1);
    EXPECT_EQ(ParseId("9223372036854775807", "ID"), std::numeric_limits<std::int64_t>::max());
    for (const char* text : {"", "0", "-1", "+1", "abc", "1 ", "0x1", "9223372036854775808"}) {
        EXPECT_FALSE(ParseId(text, "ID")) << text;
    }
}

TEST(Arguments, ReadsAmountsAndTotals) {
    EXPECT_EQ(ParseAmount("0", "--amount"), 0);
    EXPECT_FALSE(ParseAmount("-0", "--amount"));
    EXPECT_FALSE(ParseAmount("-5", "--amount"));
    EXPECT_FALSE(ParseAmount("12.50", "--amount"));
    EXPECT_EQ(ParseTotal("1000", "--total").value(), std::optional<std::int64_t>(1000));
    EXPECT_EQ(ParseTotal("unlimited", "--total").value(), std::nullopt);
    EXPECT_FALSE(ParseTotal("Unlimited", "--total"));
    EXPECT_FALSE(ParseTotal("-1", "--total"));
}

TEST(Arguments, ReadsTimeoutsWithAUnitOnly) {
    EXPECT_EQ(ParseTimeout("250ms", "--timeout"), 250ms);
    EXPECT_EQ(ParseTimeout("10s", "--timeout"), 10s);
    EXPECT_EQ(ParseTimeout("1d", "--timeout"), 24h);
    EXPECT_EQ(ParseTimeout("86400000ms", "--timeout"), limits::kCallTimeoutMax);
    for (const char* text : {"", "10", "0s", "0ms", "-1s", "86400001ms", "2d", "1 s", "s"}) {
        EXPECT_FALSE(ParseTimeout(text, "--timeout")) << text;
    }
}

TEST(Arguments, NamesInAnErrorWhatWasWrittenAndWhatIsWanted) {
    const auto delta = ParseDelta("many", "DELTA");
    EXPECT_EQ(delta.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(delta.error().detail, "\"many\" is not a change of stock such as +50 or -20");
}

}  // namespace
}  // namespace coupon::ctl
