#include "redis/redis_subscriber.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "common/limits_distributed.h"
#include "redis/redis_client_fixture.h"
#include "redis/test_redis_peer.h"
#include "tests/support/redis_server.h"

namespace coupon::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class RedisSubscriberTest : public RedisClientTest {
protected:
    std::unique_ptr<RedisSubscriber> Subscribe(const RedisOptions& options,
                                               std::vector<std::string> channels = {"stock"}) {
        RedisSubscription subscription;
        subscription.on_message = [this](std::string_view channel, std::string_view payload) {
            messages_.push_back(std::string(channel) + "=" + std::string(payload));
        };
        subscription.on_subscribed = [this] { ++subscribed_; };
        subscription.on_lost = [this](const Error& reason) { lost_.push_back(Describe(reason)); };
        auto subscriber =
            RedisSubscriber::Create(io_, options, std::move(channels), std::move(subscription));
        EXPECT_TRUE(subscriber);
        (*subscriber)->Start();
        return std::move(*subscriber);
    }
    bool Subscribed(int times) {
        return RunUntil([&] { return subscribed_ == times; });
    }

    std::vector<std::string> messages_;
    std::vector<std::string> lost_;
    int subscribed_ = 0;
};

TEST_F(RedisSubscriberTest, TellsEveryMessageOfItsChannelsWithAnyBytes) {
    const support::RedisServer server;
    const auto subscriber = Subscribe(OptionsFor(server.Port()), {"stock", "state"});
    EXPECT_FALSE(subscriber->Subscribed());
    ASSERT_TRUE(Subscribed(1));
    EXPECT_TRUE(subscriber->Subscribed());
    const std::string bytes("a\0\r\n\xff", 5);
    EXPECT_EQ(server.Command({"PUBLISH", "stock", bytes}), "1");
    EXPECT_EQ(server.Command({"PUBLISH", "other", "x"}), "0");
    EXPECT_EQ(server.Command({"PUBLISH", "state", ""}), "1");
    ASSERT_TRUE(RunUntil([&] { return messages_.size() == 2; }));
    EXPECT_THAT(messages_, ElementsAre("stock=" + bytes, "state="));
    EXPECT_TRUE(lost_.empty());
}

TEST_F(RedisSubscriberTest, TellsThatItIsLostAndSubscribedAgain) {
    support::RedisServer server;
    const auto subscriber = Subscribe(OptionsFor(server.Port()));
    ASSERT_TRUE(Subscribed(1));
    server.Kill();
    ASSERT_TRUE(RunUntil([&] { return lost_.size() >= 3; }));  // attempts that fail are told, too
    EXPECT_FALSE(subscriber->Subscribed());
    EXPECT_THAT(lost_.back(), HasSubstr("Connection refused"));
    server.Start();
    ASSERT_TRUE(Subscribed(2));
    EXPECT_EQ(server.Command({"PUBLISH", "stock", "1"}), "1");
    ASSERT_TRUE(RunUntil([&] { return messages_.size() == 1; }));
    EXPECT_EQ(subscriber->Stats().connections.Value(), 2u);
}

TEST_F(RedisSubscriberTest, IsLostWhenThePeerFallsSilentAndNotBefore) {
    support::RedisServer server;
    RedisOptions options = OptionsFor(server.Port());
    EXPECT_EQ(options.ping_interval, limits::kRedisPingInterval);
    EXPECT_EQ(options.silence, limits::kRedisSilence);
    options.ping_interval = std::chrono::milliseconds(10);
    options.silence = std::chrono::milliseconds(200);
    options.connect_timeout = std::chrono::milliseconds(100);
    const auto subscriber = Subscribe(options);
    ASSERT_TRUE(Subscribed(1));
    const auto since = std::chrono::steady_clock::now();
    // The answers to PING are all that is heard.
    ASSERT_TRUE(
        RunUntil([&] { return std::chrono::steady_clock::now() - since > 2 * options.silence; }));
    EXPECT_TRUE(lost_.empty());
    server.Pause();
    ASSERT_TRUE(RunUntil([&] { return !lost_.empty(); }));
    EXPECT_THAT(lost_.front(), HasSubstr("silent for too long"));
    server.Resume();
    ASSERT_TRUE(Subscribed(2));
}

TEST_F(RedisSubscriberTest, SaysWhyItMayNotSubscribe) {
    const support::RedisServer server;
    ASSERT_EQ(server.Command({"ACL", "SETUSER", "shop", "on", ">hunter2", "+@all", "&stock"}),
              "OK");
    const auto allowed = Subscribe(OptionsFor(server.Port(), "redis://shop:hunter2@"));
    ASSERT_TRUE(Subscribed(1));
    const auto refused = Subscribe(OptionsFor(server.Port(), "redis://shop:hunter2@"), {"other"});
    ASSERT_TRUE(RunUntil([&] { return !lost_.empty(); }));
    EXPECT_THAT(lost_.front(), HasSubstr("NOPERM"));
    EXPECT_THAT(lost_.front(), Not(HasSubstr("hunter2")));
}

TEST_F(RedisSubscriberTest, LeavesAPeerThatSaysWhatNobodyAskedFor) {
    for (const std::string_view bytes : {":1\r\n", "*1\r\n$5\r\nother\r\n", "*0\r\n",
                                         "*2\r\n$7\r\nmessage\r\n$5\r\nstock\r\n", "?\r\n"}) {
        TestRedisPeer peer(io_, [](const RedisReply&) {
            return PeerAnswer{.bytes = "*3\r\n$9\r\nsubscribe\r\n$5\r\nstock\r\n:1\r\n"};
        });
        subscribed_ = 0;
        lost_.clear();
        const auto subscriber = Subscribe(OptionsFor(peer.Port()));
        ASSERT_TRUE(Subscribed(1));
        peer.Send(bytes);
        ASSERT_TRUE(RunUntil([&] { return !lost_.empty(); })) << bytes;
        EXPECT_FALSE(subscriber->Subscribed());
        EXPECT_TRUE(messages_.empty());
        ASSERT_TRUE(Subscribed(2));
    }
}

TEST_F(RedisSubscriberTest, TellsNothingAfterClose) {
    TestRedisPeer peer(io_, [](const RedisReply&) {
        return PeerAnswer{.bytes = "*3\r\n$9\r\nsubscribe\r\n$5\r\nstock\r\n:1\r\n"};
    });
    const auto subscriber = Subscribe(OptionsFor(peer.Port()));
    ASSERT_TRUE(Subscribed(1));
    peer.Send("*3\r\n$7\r\nmessage\r\n$5\r\nstock\r\n$1\r\n1\r\n");
    subscriber->Close();
    EXPECT_FALSE(subscriber->Subscribed());
    RunReady();
    EXPECT_TRUE(messages_.empty());
    EXPECT_TRUE(lost_.empty());
}

}  // namespace
}  // namespace coupon::redis
