#include "load/run_load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "load/class_text.h"
#include "load/test_server.h"

namespace coupon::load {
namespace {

using std::chrono::milliseconds;
using testing::TestServer;

constexpr std::int64_t kMillisecond = 1'000'000;

LoadOptions OptionsFor(const TestServer& server, const std::vector<std::string>& classes,
                       milliseconds duration = milliseconds(200)) {
    LoadOptions options{.target = ParseTarget(server.Address()).value(), .classes = {}};
    for (const std::string& text : classes) {
        options.classes.push_back(ParseClass(text, duration, "h").value());
    }
    return options;
}

LoadResult RunToEnd(const LoadOptions& options) {
    auto result = RunLoad(options);
    EXPECT_TRUE(result) << Describe(result.error());
    return std::move(*result);
}

std::uint64_t Ended(const ClassResult& one, Ending ending) {
    return one.by_ending[static_cast<std::size_t>(ending)];
}

class Recorder final : public ExchangeObserver {
public:
    void OnExchange(std::size_t, const Exchange& exchange) override { seen.push_back(exchange); }
    std::vector<Exchange> seen;
};

TEST(RunLoad, ShowsAStallOfTheServerInEveryRequestThatWasDueMeanwhile) {
    TestServer server([](TestServer& self, std::int64_t user) {
        if (user == 100) self.StandStill(milliseconds(200));
        return 201;
    });
    const auto result =
        RunToEnd(OptionsFor(server, {"all:rate=500,connections=2"}, milliseconds(1000)));
    const ClassResult& one = result.classes[0];
    EXPECT_EQ(one.winners.Count(), 500U);
    // 100 were due in the 200 ms: 10 % of all have waited for more than 100 ms, 1 % for 180.
    EXPECT_GE(one.winners.Percentile(91), 90 * kMillisecond);
    EXPECT_GE(one.winners.Percentile(99), 170 * kMillisecond);
    // Only the two that were under way saw it from the send.
    EXPECT_GE(one.service.Max(), 190 * kMillisecond);
    EXPECT_LT(one.service.Percentile(91), 90 * kMillisecond);
    // Their waiting is the server's, not the generator's.
    EXPECT_LT(one.lateness.Percentile(91), 90 * kMillisecond);
}

TEST(RunLoad, SendsEachUserOnceOverThreadsAndCountsByStatus) {
    std::vector<int> claims(1001);
    TestServer server([&](TestServer&, std::int64_t user) {
        ++claims[static_cast<std::size_t>(user)];
        return user % 10 == 0 ? 503 : user % 2 == 0 ? 409 : 201;
    });
    auto options = OptionsFor(server, {"a:users=1..1000,connections=8"}, milliseconds(60'000));
    options.threads = 2;
    const auto result = RunToEnd(options);
    const ClassResult& one = result.classes[0];
    EXPECT_EQ(std::ranges::count(claims, 1), 1000);
    EXPECT_EQ(one.by_status[201], 500U);
    EXPECT_EQ(one.by_status[409], 400U);
    EXPECT_EQ(one.by_status[503], 100U);
    EXPECT_EQ(one.winners.Count(), 500U);
    EXPECT_EQ(one.refused.Count(), 400U);
    EXPECT_EQ(result.Errors(), 100U);
    EXPECT_EQ(result.Requests(), 1000U);
}

TEST(RunLoad, CountsTwoClassesApart) {
    TestServer server([](TestServer&, std::int64_t user) { return user < 1000 ? 201 : 410; });
    const auto result = RunToEnd(OptionsFor(
        server, {"hot:rate=1000,connections=4", "cold:rate=50,connections=2,users=1000.."}));
    EXPECT_EQ(result.classes[0].name, "hot");
    EXPECT_EQ(result.classes[0].by_status[201], 200U);
    EXPECT_EQ(result.classes[1].by_status[410], 10U);
    EXPECT_EQ(result.classes[1].Requests(), 10U);
}

TEST(RunLoad, CutsWhatIsNotAnsweredInTimeAndGoesOnWithANewConnection) {
    TestServer server(
        [](TestServer&, std::int64_t user) { return user == 1 ? TestServer::kSilence : 201; });
    auto options = OptionsFor(server, {"a:connections=1,users=1..5"}, milliseconds(60'000));
    options.timeout = milliseconds(50);
    const auto result = RunToEnd(options);
    const ClassResult& one = result.classes[0];
    EXPECT_EQ(Ended(one, Ending::kTimedOut), 1U);
    EXPECT_GE(one.errors.Max(), 50 * kMillisecond);
    EXPECT_EQ(one.reconnects, 1U);
    EXPECT_EQ(one.Requests(), 5U);
}

TEST(RunLoad, TakesALostConnectionForAnUnknownOutcomeAndGoesOn) {
    TestServer server(
        [](TestServer&, std::int64_t user) { return user == 3 ? TestServer::kHangUp : 201; });
    const auto result =
        RunToEnd(OptionsFor(server, {"a:connections=1,users=1..5"}, milliseconds(60'000)));
    EXPECT_EQ(Ended(result.classes[0], Ending::kLost), 1U);
    EXPECT_EQ(result.classes[0].by_status[201], 4U);
}

TEST(RunLoad, GivesUpRequestsThatFindNoConnectionInTime) {
    TestServer server([](TestServer&, std::int64_t) { return TestServer::kSilence; });
    auto options = OptionsFor(server, {"a:connections=1,phases=burst:20"});
    options.timeout = milliseconds(50);
    const auto result = RunToEnd(options);
    EXPECT_EQ(result.Requests(), 20U);
    EXPECT_EQ(result.Errors(), 20U);
    EXPECT_GE(Ended(result.classes[0], Ending::kNotSent), 1U);
}

TEST(RunLoad, SendsNoneThatIsOverdueAlthoughAnswersKeepComing) {
    TestServer server([](TestServer& self, std::int64_t) {
        self.StandStill(milliseconds(60));
        return 201;
    });
    auto options = OptionsFor(server, {"a:connections=1,phases=burst:2000"});
    options.timeout = milliseconds(200);
    const auto result = RunToEnd(options);
    EXPECT_EQ(result.Requests(), 2000U);
    EXPECT_LE(result.classes[0].winners.Count(), 5U);  // 60 ms each, and none is sent after 200
    EXPECT_GE(Ended(result.classes[0], Ending::kNotSent), 1995U);
}

TEST(RunLoad, TellsTheObserverEveryExchangeWithItsSequence) {
    TestServer server([](TestServer&, std::int64_t) { return 201; });
    auto options = OptionsFor(server, {"a:coupon=9,phases=burst:50,connections=4"});
    options.classes[0].wants_sequence = true;
    Recorder recorder;
    options.observer = &recorder;
    RunToEnd(options);
    ASSERT_EQ(recorder.seen.size(), 50U);
    for (const Exchange& one : recorder.seen) {
        EXPECT_EQ(one.coupon, CouponId(9));
        EXPECT_EQ(one.sequence.value, one.user.value + 1000);
        EXPECT_LE(one.intended_ns, one.sent_ns);
        EXPECT_LT(one.sent_ns, one.completed_ns);
        EXPECT_EQ(one.status, 201);
    }
}

TEST(RunLoad, SaysThatItWasTheLimitWhenItCannotSendWhatIsDue) {
    TestServer server([](TestServer&, std::int64_t) { return 201; });
    auto options = OptionsFor(server, {"a:phases=burst:1000,connections=1000"});
    options.lateness_bound = std::chrono::microseconds(50);  // for a thousand sends at once
    const auto result = RunToEnd(options);
    EXPECT_EQ(result.classes[0].by_status[201], 1000U);
    EXPECT_TRUE(result.GeneratorLimited());
}

TEST(JudgeGenerator, NamesABusyThreadAndALateClass) {
    LoadResult result;
    result.classes.resize(1);
    result.classes[0].name = "cold";
    result.classes[0].lateness.Record(kMillisecond / 2);
    result.threads = {{.seconds = 10, .cpu_seconds = 9.4, .wait_seconds = 0.1}};
    JudgeGenerator(result, kMillisecond);
    EXPECT_FALSE(result.GeneratorLimited());
    result.threads[0].cpu_seconds = 9.6;
    result.classes[0].lateness.Record(3 * kMillisecond);
    JudgeGenerator(result, kMillisecond);
    ASSERT_EQ(result.limits.size(), 2U);
    EXPECT_NE(result.limits[0].find("class cold"), std::string::npos);
    EXPECT_NE(result.limits[1].find("thread 0: used 96 %"), std::string::npos);
}

TEST(RunLoad, CountsIdleConnectionsThatWereLost) {
    TestServer server([](TestServer&, std::int64_t) { return 201; });
    auto options = OptionsFor(server, {"a:phases=burst:1,connections=1"});
    options.idle_connections = 20;
    const auto result = RunToEnd(options);
    EXPECT_EQ(result.idle_connections, 20U);
    EXPECT_EQ(result.idle_lost, 0U);
    const auto idle = IdleConnections::OpenAll(options.target, 3, milliseconds(1000));
    ASSERT_TRUE(idle);
    options.idle_connections = 0;
    RunToEnd(options);  // answered, so the idle ones before it are accepted
    server.Stop();
    EXPECT_EQ(idle->Lost(), 3U);
}

TEST(RunLoad, SaysWhyItCannotStart) {
    TestServer server([](TestServer&, std::int64_t) { return 201; });
    auto options = OptionsFor(server, {"a:connections=1"});
    options.threads = 2;
    EXPECT_EQ(RunLoad(options).error().code, ErrorCode::kInvalidArgument);
    options.threads = 1;
    options.idle_connections = std::size_t{1} << 40;
    EXPECT_EQ(RunLoad(options).error().code, ErrorCode::kConfiguration);
    options.idle_connections = 0;
    server.Stop();
    EXPECT_EQ(RunLoad(options).error().code, ErrorCode::kUnavailable);
}

TEST(Target, IsANumericAddressAndAPort) {
    EXPECT_TRUE(ParseTarget("127.0.0.1:8080"));
    EXPECT_TRUE(ParseTarget("[::1]:8080"));
    for (const char* text : {"localhost:8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0",
                             "127.0.0.1:65536", "::1:80", ":80", "127.1:80"}) {
        EXPECT_FALSE(ParseTarget(text)) << text;
    }
}

}  // namespace
}  // namespace coupon::load
