#include "redis/redis_pipeline.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "common/limits_distributed.h"
#include "redis/redis_backoff.h"

namespace coupon::redis {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr MonotonicTime kStart{};

class RedisPipelineTest : public ::testing::Test {
protected:
    void Add(std::string name, milliseconds deadline, RedisCommand command = {"PING"}) {
        ASSERT_FALSE(pipeline_.Refuses(command));
        pipeline_.Add(std::move(command), kStart + deadline,
                      [this, name = std::move(name)](const Result<RedisReply>& result) {
                          told_.push_back(name + ": " + Word(result));
                      });
    }
    static std::string Word(const Result<RedisReply>& result) {
        if (result) return std::string(result->Text());
        return result.error().applied == Applied::kNo ? "not applied" : "unknown";
    }
    std::size_t Write(milliseconds now = {}) {
        std::vector<RedisCommand> batch;
        pipeline_.TakeBatch(kStart + now, batch);
        return batch.size();
    }
    bool Reply(const char* text, milliseconds now = {}) {
        return pipeline_.OnReply(RedisReply(RedisReply::Kind::kString, text), kStart + now);
    }
    bool Expire(milliseconds now) { return pipeline_.Expire(kStart + now); }

    RedisStats stats_;
    RedisPipeline pipeline_{limits::kRedisOverdue, stats_};
    std::vector<std::string> told_;
};
using Told = std::vector<std::string>;

TEST_F(RedisPipelineTest, GivesEachReplyToTheOldestCommand) {
    Add("a", milliseconds(100));
    Add("b", milliseconds(100));
    EXPECT_EQ(Write(), 2u);
    EXPECT_TRUE(Reply("1", milliseconds(2)));
    EXPECT_TRUE(Reply("2", milliseconds(3)));
    EXPECT_FALSE(Reply("3"));
    EXPECT_EQ(told_, (Told{"a: 1", "b: 2"}));
    HistogramTotals round_trips;
    stats_.round_trip.AddTo(round_trips);
    EXPECT_EQ(round_trips.sum, 5'000'000u);
}

TEST_F(RedisPipelineTest, FailsAtItsDeadlineWhatWaitsAndWhatIsInFlight) {
    Add("written", milliseconds(50));
    Write();
    Add("waiting", milliseconds(40));
    EXPECT_EQ(pipeline_.NextExpiry(), kStart + milliseconds(40));
    EXPECT_TRUE(Expire(milliseconds(39)));
    EXPECT_TRUE(told_.empty());
    EXPECT_TRUE(Expire(milliseconds(40)));
    EXPECT_EQ(pipeline_.NextExpiry(), kStart + milliseconds(50));
    EXPECT_TRUE(Expire(milliseconds(50)));
    EXPECT_EQ(told_, (Told{"waiting: not applied", "written: unknown"}));
    EXPECT_EQ(Write(), 0u);  // what was failed is not written any more
}

TEST_F(RedisPipelineTest, DropsALateReplyAndGivesTheNextToTheNext) {
    Add("slow", milliseconds(10));
    Add("next", milliseconds(100));
    Write();
    Expire(milliseconds(10));
    EXPECT_TRUE(Reply("late"));
    EXPECT_TRUE(Reply("2"));
    EXPECT_EQ(told_, (Told{"slow: unknown", "next: 2"}));
    EXPECT_EQ(stats_.late_replies.Value(), 1u);
}

TEST_F(RedisPipelineTest, TakesThePeerForGoneWhenAReplyIsOverdue) {
    const milliseconds overdue = limits::kRedisOverdue;
    Add("a", milliseconds(10));
    Write();
    EXPECT_TRUE(Expire(milliseconds(10)));
    EXPECT_EQ(pipeline_.NextExpiry(), kStart + milliseconds(10) + overdue);
    EXPECT_TRUE(Expire(milliseconds(9) + overdue));
    EXPECT_FALSE(Expire(milliseconds(10) + overdue));
}

TEST_F(RedisPipelineTest, WritesNoMoreThanABatchAtATime) {
    const std::size_t most = limits::kRedisCommandsPerWriteMax;
    for (std::size_t i = 0; i < most + 1; ++i) Add("a", milliseconds(10));
    EXPECT_EQ(Write(), most);
    EXPECT_EQ(Write(), 1u);
    EXPECT_EQ(stats_.in_flight.Value(), static_cast<std::int64_t>(most + 1));
}

TEST_F(RedisPipelineTest, TakesNoMoreBytesThanMayWait) {
    const std::string large(limits::kRedisCommandBytesMax - 100, 'x');
    constexpr std::size_t kFit = limits::kRedisQueuedBytesMax / limits::kRedisCommandBytesMax;
    for (std::size_t i = 0; i < kFit; ++i) Add("a", milliseconds(10), {"SET", "k", large});
    const auto refusal = pipeline_.Refuses({"SET", "k", large});
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code, ErrorCode::kOverloaded);
    EXPECT_EQ(refusal->applied, Applied::kNo);
    EXPECT_FALSE(pipeline_.Refuses({"PING"}));
    Write();
    EXPECT_FALSE(pipeline_.Refuses({"SET", "k", large}));
    for (std::size_t i = 0; i < kFit; ++i) Add("a", milliseconds(10), {"SET", "k", large});
    Expire(milliseconds(10));
    EXPECT_FALSE(pipeline_.Refuses({"SET", "k", large}));
}

TEST_F(RedisPipelineTest, SaysUnknownOnlyForWhatWasWrittenWhenTheConnectionIsLost) {
    Add("written", milliseconds(10));
    Write();
    Add("waiting", milliseconds(10));
    pipeline_.FailAll(Error{.operation = "test", .detail = "lost"});
    EXPECT_EQ(told_, (Told{"written: unknown", "waiting: not applied"}));
    EXPECT_FALSE(Reply("x"));
    EXPECT_EQ(pipeline_.NextExpiry(), MonotonicTime::max());
}

TEST_F(RedisPipelineTest, LeavesNothingToCallWhenACallbackFailsAll) {
    for (int i = 0; i < 3; ++i) {
        pipeline_.Add({"PING"}, kStart, [&, i](const Result<RedisReply>&) {
            told_.push_back(std::to_string(i));
            if (i == 0) {
                pipeline_.FailAll(Error{.operation = "test", .detail = "closed"});
                told_.emplace_back("closed");
            }
        });
    }
    Expire({});
    EXPECT_EQ(told_, (Told{"0", "1", "2", "closed"}));
}

TEST_F(RedisPipelineTest, TakesCommandsOfACallbackThatWasFailed) {
    pipeline_.Add({"PING"}, kStart,
                  [&](const Result<RedisReply>&) { Add("again", milliseconds(10)); });
    Expire({});
    EXPECT_EQ(pipeline_.NextExpiry(), kStart + milliseconds(10));
    EXPECT_EQ(Write(), 1u);
    Reply("1");
    EXPECT_EQ(told_, Told{"again: 1"});
}

TEST(RedisBackoff, DoublesItsBoundUpToTheLimitAndTakesAnyPartOfIt) {
    RedisBackoff backoff(limits::kRedisBackoffFirst, limits::kRedisBackoffMax);
    nanoseconds bound = limits::kRedisBackoffFirst;
    for (int i = 0; i < 10; ++i) {
        EXPECT_EQ(backoff.Next(i % 2 == 0 ? 0.5 : 0.0), i % 2 == 0 ? bound / 2 : nanoseconds(0));
        bound = std::min<nanoseconds>(bound * 2, limits::kRedisBackoffMax);
    }
    EXPECT_EQ(bound, limits::kRedisBackoffMax);
}

TEST(RedisBackoff, StartsAnewOnlyAfterAConnectionThatLasted) {
    RedisBackoff backoff(milliseconds(50), milliseconds(200));
    for (int i = 0; i < 3; ++i) backoff.Next(0);
    backoff.OnLost(milliseconds(199));
    EXPECT_EQ(backoff.Next(0.5), milliseconds(100));
    backoff.OnLost(milliseconds(200));
    EXPECT_EQ(backoff.Next(0.5), milliseconds(25));
}

}  // namespace
}  // namespace coupon::redis
