// What the client makes of a peer that does not behave, and of its own limits.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>

#include "common/limits_distributed.h"
#include "redis/redis_client.h"
#include "redis/redis_client_fixture.h"
#include "redis/test_redis_peer.h"
#include "tests/support/redis_server.h"

namespace coupon::redis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class RedisClientOfPeer : public RedisClientTest {
protected:
    /// A peer that answers everything so.
    void Answering(const PeerAnswer& answer) {
        peer_.emplace(io_, [answer](const RedisReply&) { return answer; });
    }
    /// Sends `count` commands and waits for all answers.
    void SendAll(RedisClient& client, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            client.Send({"INCR", "n"}, Later(), answers_.Next());
        }
        ASSERT_TRUE(RunUntil([&] { return answers_.all.size() == count; }));
    }

    std::optional<TestRedisPeer> peer_;
    Answers answers_;
};

TEST_F(RedisClientOfPeer, SaysUnknownForEveryReplyThatIsCutWhereverItIsCut) {
    const std::string reply = "$5\r\nvalue\r\n";
    for (std::size_t cut = 0; cut < 2 * reply.size(); ++cut) {
        const std::string bytes = (reply + reply).substr(0, cut);
        peer_.emplace(io_, [&](const RedisReply&) {
            return peer_->Commands() < 3 ? PeerAnswer{} : PeerAnswer{bytes, true};
        });
        const auto client = Connect(OptionsFor(peer_->Port()));
        answers_.all.clear();
        SendAll(*client, 3);
        const std::size_t whole = cut / reply.size();
        for (std::size_t i = 0; i < whole; ++i) EXPECT_EQ(answers_.all[i]->Text(), "value");
        EXPECT_EQ(answers_.Count(Applied::kUnknown), 3 - whole) << cut;
        EXPECT_EQ(client->Stats().Of(RedisFailure::kConnectionLost).Value(), 3 - whole);
        EXPECT_EQ(client->Stats().in_flight.Value(), 0);
    }
}

TEST_F(RedisClientOfPeer, ClosesAndSaysUnknownWhenThePeerDoesNotSpeakTheProtocol) {
    for (const std::string bytes :
         {"HTTP/1.1 400 Bad Request\r\n", "$x\r\n", "*99999999\r\n", ":1\r\n\r\n"}) {
        Answering({.bytes = ":1\r\n" + bytes});
        const auto client = Connect(OptionsFor(peer_->Port()));
        answers_.all.clear();
        client->Send({"INCR", "n"}, Later(), answers_.Next());
        client->Send({"INCR", "n"}, Later(), answers_.Next());
        client->Send({"INCR", "n"}, Later(), answers_.Next());
        states_.clear();
        ASSERT_TRUE(RunUntil([&] { return answers_.all.size() == 3; }));
        EXPECT_TRUE(answers_.all[0]);
        EXPECT_FALSE(answers_.all[2]);
        ASSERT_FALSE(states_.empty());
        EXPECT_THAT(states_.front().reason, HasSubstr("read of a Redis reply")) << bytes;
        ASSERT_TRUE(RunUntil([&] { return client->Up(); }));  // on another connection
        EXPECT_EQ(peer_->Accepted(), 2u);
    }
}

TEST_F(RedisClientOfPeer, ClosesAConnectionWithAReplyThatNobodyAskedFor) {
    Answering({.bytes = ":1\r\n:2\r\n"});
    const auto client = Connect(OptionsFor(peer_->Port()));
    SendAll(*client, 1);
    EXPECT_EQ(answers_.all[0]->Integer(), 1);
    ASSERT_TRUE(RunUntil([&] { return client->Stats().connections_lost.Value() == 1; }));
    EXPECT_THAT(states_[1].reason, HasSubstr("nobody asked for"));
}

TEST_F(RedisClientOfPeer, IsNotConnectedUntilThePeerIsARedis) {
    support::RedisServer none;
    none.Kill();
    const auto refused = Make(OptionsFor(none.Port()));
    ASSERT_TRUE(RunUntil([&] { return !states_.empty(); }));
    EXPECT_THAT(LastReason(), HasSubstr("Connection refused"));
    refused->Close();

    states_.clear();
    Answering({});
    peer_->BeSilent();
    RedisOptions options = OptionsFor(peer_->Port());
    EXPECT_EQ(options.connect_timeout, limits::kRedisConnectTimeout);
    options.connect_timeout = std::chrono::milliseconds(30);
    const auto silent = Make(options);
    ASSERT_TRUE(RunUntil([&] { return states_.size() >= 2; }));
    EXPECT_THAT(LastReason(), HasSubstr("not connected in time"));
    EXPECT_FALSE(silent->Up());
}

TEST_F(RedisClientOfPeer, FailsAtOnceWhileItIsNotConnectedButNeverInsideSend) {
    Answering({});
    const auto client = RedisClient::Create(io_, OptionsFor(peer_->Port()), [](const auto&) {});
    ASSERT_TRUE(client);
    (*client)->Send({"PING"}, Later(), answers_.Next());
    (*client)->Send({"PING"}, Later(), answers_.Next());
    EXPECT_TRUE(answers_.all.empty());
    RunReady();
    ASSERT_EQ(answers_.all.size(), 2u);
    EXPECT_EQ(answers_.Count(Applied::kNo), 2u);
    EXPECT_EQ(answers_.all[0].error().code, ErrorCode::kUnavailable);
    EXPECT_EQ((*client)->Stats().Of(RedisFailure::kNotConnected).Value(), 2u);
}

TEST_F(RedisClientOfPeer, TakesNoMoreCommandsThanMayWaitAndBeInFlight) {
    constexpr std::size_t kMost = limits::kRedisInFlightMax + limits::kRedisQueuedMax;
    Answering({});
    const auto client = Connect(OptionsFor(peer_->Port()));
    for (std::size_t i = 0; i < limits::kRedisInFlightMax; ++i) {
        client->Send({"PING"}, Later(), answers_.Next());
    }
    ASSERT_TRUE(RunUntil([&] { return peer_->Commands() == limits::kRedisInFlightMax; }));
    for (std::size_t i = 0; i < limits::kRedisQueuedMax; ++i) {
        client->Send({"PING"}, Later(), answers_.Next());
    }
    RunReady();
    EXPECT_TRUE(answers_.all.empty());
    EXPECT_EQ(peer_->Commands(), limits::kRedisInFlightMax);
    client->Send({"PING"}, Later(), answers_.Next());
    RunReady();
    ASSERT_EQ(answers_.all.size(), 1u);
    EXPECT_EQ(answers_.all[0].error().code, ErrorCode::kOverloaded);
    EXPECT_EQ(answers_.all[0].error().applied, Applied::kNo);
    client->Close();
    EXPECT_EQ(answers_.all.size(), kMost + 1);
    EXPECT_EQ(answers_.Count(Applied::kUnknown), limits::kRedisInFlightMax);
    EXPECT_EQ(answers_.Count(Applied::kNo), limits::kRedisQueuedMax + 1);
}

TEST_F(RedisClientOfPeer, RefusesACommandThatIsTooLarge) {
    Answering({.bytes = "+OK\r\n"});
    const auto client = Connect(OptionsFor(peer_->Port()));
    const std::string large(limits::kRedisCommandBytesMax, 'x');
    const Error error = Failure(*client, {"SET", "k", large});
    EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(error.applied, Applied::kNo);
    EXPECT_EQ(peer_->Commands(), 0u);
    EXPECT_EQ(Text(*client, {"PING"}), "OK");
}

TEST_F(RedisClientOfPeer, SaysNotAppliedForWhatWasNeverWritten) {
    Answering({});
    const auto client = Connect(OptionsFor(peer_->Port()));
    peer_->StopReading();
    const std::string large(limits::kRedisCommandBytesMax / 2, 'x');
    client->Send({"SET", "k", large}, Later(), answers_.Next());  // stays in the socket
    client->Send({"INCR", "n"}, std::chrono::steady_clock::now(), answers_.Next());
    client->Send({"INCR", "n"}, Later(), answers_.Next());
    ASSERT_TRUE(RunUntil([&] { return answers_.all.size() == 1; }));
    EXPECT_EQ(answers_.all[0].error().applied, Applied::kNo);
    EXPECT_THAT(answers_.all[0].error().detail, HasSubstr("deadline"));
    peer_.reset();
    ASSERT_TRUE(RunUntil([&] { return answers_.all.size() == 3; }));
    EXPECT_EQ(answers_.all[1].error().applied, Applied::kUnknown);
    EXPECT_EQ(answers_.all[2].error().applied, Applied::kNo);
}

TEST_F(RedisClientOfPeer, CloseFailsWhatIsOutstandingAndCallsNothingAfterwards) {
    Answering({});
    const auto client = Connect(OptionsFor(peer_->Port()));
    client->Send({"PING"}, Later(), answers_.Next());
    client->Send({"PING"}, Later(), answers_.Next());
    states_.clear();
    client->Close();
    ASSERT_EQ(answers_.all.size(), 2u);
    EXPECT_EQ(answers_.all[0].error().applied, Applied::kUnknown);
    EXPECT_EQ(answers_.all[1].error().applied, Applied::kNo);
    client->Send({"PING"}, Later(), answers_.Next());
    client->Close();
    peer_.reset();
    io_.restart();
    io_.run();  // to the end: nothing of the client is left in the loop
    EXPECT_EQ(answers_.all.size(), 2u);
    EXPECT_TRUE(states_.empty());
}

TEST_F(RedisClientOfPeer, MayBeClosedInsideACallback) {
    Answering({.bytes = ":1\r\n"});
    const auto client = Connect(OptionsFor(peer_->Port()));
    std::size_t after_close = 0;
    bool closed = false;
    for (int i = 0; i < 5; ++i) {
        client->Send({"INCR", "n"}, Later(), [&, i](const Result<RedisReply>&) {
            if (closed) ++after_close;
            if (i == 2) {
                client->Close();
                closed = true;
            }
        });
    }
    ASSERT_TRUE(RunUntil([&] { return closed; }));
    RunReady();
    EXPECT_EQ(after_close, 0u);
}

TEST_F(RedisClientOfPeer, MayBeDestroyedWithEverythingUnderWay) {
    Answering({});
    for (int steps = 0; steps < 30;
         ++steps) {  // during the look-up, the handshake, a write, a read
        auto client = Make(OptionsFor(peer_->Port()));
        io_.restart();
        for (int i = 0; i < steps; ++i) {
            io_.poll_one();
            if (client->Up()) client->Send({"PING"}, Later(), answers_.Next());
        }
        const std::size_t sent = client->Stats().commands.Value();
        answers_.all.resize(0);
        client.reset();
        RunReady();
        EXPECT_LE(answers_.all.size(), sent);
    }
}

TEST_F(RedisClientOfPeer, OpensNoClusterAndNoSentinelsSoFar) {
    for (const std::string_view text :
         {"redis+cluster://u:hunter2@a,b", "redis+sentinel://u:hunter2@a/shop"}) {
        const auto client = RedisClient::Create(io_, RedisOptions{.url = *RedisUrl::Parse(text)},
                                                [](const RedisState&) {});
        ASSERT_FALSE(client);
        EXPECT_EQ(client.error().code, ErrorCode::kConfiguration);
        EXPECT_EQ(client.error().field, "redis.url");
        EXPECT_THAT(client.error().detail, HasSubstr("not supported so far"));
        EXPECT_THAT(client.error().detail, Not(HasSubstr("hunter2")));
    }
}

}  // namespace
}  // namespace coupon::redis
