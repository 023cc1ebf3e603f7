#include "common/log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <sstream>
#include <thread>
#include <vector>

#include "common/time_format.h"
#include "tests/support/manual_clock.h"

namespace coupon {
namespace {

using std::chrono::seconds;

const WallTime kTenOClock = *ParseRfc3339("2026-11-23T10:00:00Z");

TEST(Log, WritesOneLineAnEvent) {
    std::ostringstream out;
    const support::ManualClock clock(kTenOClock);
    const Logger log({.application = "api", .level = LogLevel::kInfo, .format = LogFormat::kText},
                     clock, out);
    log.Info("started {} %v", {{"port", 8080}});
    log.Error("commit failed", {{"reason", std::string("disk full")}});
    EXPECT_TRUE(log.Flush());
    EXPECT_EQ(out.str(),
              "2026-11-23T10:00:00.000Z INFO  started {} %v port=8080\n"
              "2026-11-23T10:00:00.000Z ERROR commit failed reason=\"disk full\"\n");
}

TEST(Log, WritesJsonLines) {
    std::ostringstream out;
    const support::ManualClock clock(kTenOClock);
    const Logger log({.application = "api", .level = LogLevel::kInfo, .format = LogFormat::kJson},
                     clock, out);
    log.Warning("slow");
    EXPECT_TRUE(log.Flush());
    EXPECT_EQ(out.str(), R"({"time":"2026-11-23T10:00:00.000Z","level":"warning",)"
                         R"("application":"api","message":"slow"})"
                         "\n");
}

TEST(Log, HoldsBackWhatIsBelowItsLevelButNeverFatal) {
    std::ostringstream out;
    const support::ManualClock clock(kTenOClock);
    const Logger log({.application = "api", .level = LogLevel::kError, .format = LogFormat::kText},
                     clock, out);
    log.Debug("d");
    log.Info("i");
    log.Warning("w");
    EXPECT_TRUE(log.Flush());
    EXPECT_EQ(out.str(), "");
    EXPECT_FALSE(log.Enabled(LogLevel::kWarning));
    log.Error("e");
    log.Fatal("f");
    EXPECT_EQ(out.str(), "2026-11-23T10:00:00.000Z ERROR e\n2026-11-23T10:00:00.000Z FATAL f\n");
}

/// Counts how often it is flushed.
class CountingBuffer final : public std::stringbuf {
public:
    int flushes = 0;

private:
    int sync() override {
        ++flushes;
        return 0;
    }
};

TEST(Log, FlushesEveryLine) {
    CountingBuffer buffer;
    std::ostream out(&buffer);
    const support::ManualClock clock(kTenOClock);
    const Logger log({.application = "api"}, clock, out);
    log.Info("a");
    EXPECT_TRUE(log.Flush());
    EXPECT_GE(buffer.flushes, 1);
    const int before = buffer.flushes;
    log.Fatal("b");
    EXPECT_GT(buffer.flushes, before);
}

TEST(Log, FormatIsJsonUnlessAPersonReads) {
    EXPECT_EQ(ResolveLogFormat(LogFormatChoice::kAuto, true), LogFormat::kText);
    EXPECT_EQ(ResolveLogFormat(LogFormatChoice::kAuto, false), LogFormat::kJson);
    EXPECT_EQ(ResolveLogFormat(LogFormatChoice::kText, false), LogFormat::kText);
    EXPECT_EQ(ResolveLogFormat(LogFormatChoice::kJson, true), LogFormat::kJson);
    EXPECT_EQ(ParseLogFormatChoice("auto"), LogFormatChoice::kAuto);
    EXPECT_EQ(ParseLogFormatChoice("xml"), std::nullopt);
    EXPECT_EQ(ParseLogLevel("warning"), LogLevel::kWarning);
    EXPECT_EQ(ParseLogLevel("loud"), std::nullopt);
}

TEST(LogLimiter, LetsOneThroughAnIntervalAndCountsTheRest) {
    LogLimiter limiter(seconds(5));
    const MonotonicTime start{};
    EXPECT_EQ(limiter.Allow(start), 0U);
    EXPECT_EQ(limiter.Allow(start), std::nullopt);
    EXPECT_EQ(limiter.Allow(start + seconds(5) - std::chrono::nanoseconds(1)), std::nullopt);
    EXPECT_EQ(limiter.Allow(start + seconds(5)), 2U);
    EXPECT_EQ(limiter.Allow(start + seconds(6)), std::nullopt);
    EXPECT_EQ(limiter.Allow(start + seconds(60)), 1U);
    EXPECT_EQ(limiter.Allow(start + seconds(65)), 0U);
}

TEST(LogLimiter, LetsOneOfManyThreadsThrough) {
    LogLimiter limiter(seconds(5));
    std::atomic<int> allowed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&limiter, &allowed] {
            for (int call = 0; call < 1000; ++call) {
                if (limiter.Allow(MonotonicTime{})) allowed.fetch_add(1, std::memory_order_relaxed);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(allowed.load(), 1);
    EXPECT_EQ(limiter.Allow(MonotonicTime{} + seconds(5)), 3999U);
}

}  // namespace
}  // namespace coupon
