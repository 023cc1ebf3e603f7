#include "redis/redis_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "redis/redis_error.h"
#include "tests/support/redis_server.h"

namespace coupon::redis {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::seconds kPatience{10};

class RedisSessionTest : public ::testing::Test {
protected:
    static std::unique_ptr<RedisSession> SessionOf(std::uint16_t port) {
        RedisOptions options;
        options.url = RedisUrl::Parse("redis://127.0.0.1:" + std::to_string(port)).value();
        options.backoff_first = std::chrono::milliseconds(1);
        options.backoff_max = std::chrono::milliseconds(20);
        return std::move(*RedisSession::Create(options));
    }
    std::string Text(std::initializer_list<std::string_view> command) {
        const auto reply = session_->Call(RedisCommand(command), kPatience);
        return reply ? std::string(reply->Text()) : Describe(reply.error());
    }

    support::RedisServer server_;
    std::unique_ptr<RedisSession> session_ = SessionOf(server_.Port());
};

TEST_F(RedisSessionTest, AnswersPipelinedCommandsInTheirOrderErrorsIncluded) {
    std::vector<RedisCommand> commands;
    for (int i = 0; i < 1'000; ++i) {
        if (i == 500) {
            commands.push_back({"LPUSH", "n", "x"});
        } else {
            commands.push_back({"INCR", "n"});
        }
    }
    const auto replies = session_->CallAll(std::move(commands), kPatience);
    ASSERT_EQ(replies.size(), 1'000U);
    for (int i = 0; i < 1'000; ++i) {
        const auto& reply = replies[static_cast<std::size_t>(i)];
        if (i == 500) {
            ASSERT_FALSE(reply);
            EXPECT_TRUE(IsRedisError(reply.error(), "WRONGTYPE"));
        } else {
            ASSERT_EQ(reply->Integer(), i < 500 ? i + 1 : i) << i;
        }
    }
    EXPECT_TRUE(session_->CallAll({}, kPatience).empty());
}

TEST_F(RedisSessionTest, SaysNotAppliedWhileRedisIsDownAndComesBackByItself) {
    ASSERT_EQ(Text({"SET", "k", "1"}), "OK");
    const std::string first = session_->RunId();
    EXPECT_EQ(first.size(), 40U);
    server_.Kill();
    std::vector<RedisCommand> commands;
    commands.push_back({"INCR", "k"});
    commands.push_back({"INCR", "k"});
    auto replies = session_->CallAll(std::move(commands), std::chrono::milliseconds(50));
    ASSERT_EQ(replies.size(), 2U);
    for (const auto& reply : replies) {
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().code, ErrorCode::kUnavailable);
        EXPECT_EQ(reply.error().applied, Applied::kNo);
        EXPECT_TRUE(reply.error().retry_is_safe);
    }
    EXPECT_EQ(session_->RunId(), "");
    const auto down = session_->WaitUntilUp(std::chrono::milliseconds(50));
    ASSERT_FALSE(down);
    EXPECT_THAT(down.error().detail, HasSubstr("Connection refused"));
    server_.Start();
    EXPECT_EQ(Text({"PING"}), "PONG") << "waits for the connection";
    EXPECT_NE(session_->RunId(), first);
}

TEST_F(RedisSessionTest, SaysUnknownWhenTheReplyDoesNotComeInTimeAndDropsItWhenItComes) {
    ASSERT_TRUE(session_->WaitUntilUp(kPatience));
    server_.Pause();
    const auto late = session_->Call({"INCR", "n"}, std::chrono::milliseconds(100));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(late.error().applied, Applied::kUnknown);
    server_.Resume();
    EXPECT_EQ(Text({"GET", "n"}), "1") << "it was applied after all, and its reply is not ours";
    EXPECT_EQ(session_->Stats().late_replies.Value(), 1U);
}

TEST_F(RedisSessionTest, SaysUnknownForWhatWasSentOnAConnectionThatIsLost) {
    std::vector<RedisCommand> commands;
    commands.push_back({"INCR", "n"});
    commands.push_back({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"});
    commands.push_back({"INCR", "n"});
    const auto replies = session_->CallAll(std::move(commands), kPatience);
    EXPECT_EQ(replies[0]->Integer(), 1);
    ASSERT_FALSE(replies[2]);
    EXPECT_EQ(replies[2].error().applied, Applied::kUnknown);
    EXPECT_EQ(Text({"GET", "n"}), "1");
    EXPECT_EQ(session_->Stats().connections.Value(), 2U);
}

TEST_F(RedisSessionTest, EndsTheCallThatWaitsAndAllToComeWhenItIsInterrupted) {
    ASSERT_EQ(Text({"SET", "n", "1"}), "OK");
    server_.Pause();
    const std::uint64_t sent = session_->Stats().commands.Value();
    std::thread other([&] {
        while (session_->Stats().commands.Value() == sent) std::this_thread::yield();
        session_->Interrupt();
    });
    const auto ended = session_->Call({"INCR", "n"}, kPatience);
    other.join();
    ASSERT_FALSE(ended);
    EXPECT_THAT(ended.error().detail, HasSubstr("closed"));
    server_.Resume();
    EXPECT_THAT(Text({"GET", "n"}), HasSubstr("broken off"));
}

TEST_F(RedisSessionTest, RunsAScriptByItsTextWhereRedisDoesNotKnowItAndByItsHashAfterwards) {
    const RedisScript script("return redis.call('INCRBY', KEYS[1], ARGV[1])");
    constexpr std::array<std::string_view, 1> kKeys = {"n"};
    constexpr std::array<std::string_view, 1> kArguments = {"5"};
    const auto run = [&] { return session_->Run(script, kKeys, kArguments, kPatience)->Integer(); };
    EXPECT_EQ(run(), 5);
    EXPECT_EQ(run(), 10);
    EXPECT_THAT(Text({"INFO", "commandstats"}), HasSubstr("cmdstat_eval:calls=1,"));
    EXPECT_EQ(Text({"SCRIPT", "FLUSH"}), "OK");
    EXPECT_EQ(run(), 15);
    EXPECT_EQ(Text({"SCRIPT", "LOAD", "return redis.call('INCRBY', KEYS[1], ARGV[1])"}),
              script.Hash());
}

TEST_F(RedisSessionTest, RunsAScriptThatFailedOnlyOnce) {
    const RedisScript script("redis.call('INCR', 'runs') return redis.call('LPUSH', 'runs', 'x')");
    const auto failed = session_->Run(script, {}, {}, kPatience);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().applied, Applied::kUnknown);
    EXPECT_EQ(Text({"GET", "runs"}), "1");
}

}  // namespace
}  // namespace coupon::redis
