#include "redis/redis_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <string>

#include "redis/redis_client_fixture.h"
#include "redis/redis_error.h"
#include "tests/support/redis_server.h"

namespace coupon::redis {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// With a real Redis.
class RedisClientOfServer : public RedisClientTest {
protected:
    /// The number behind "NAME:" in INFO.
    static long Info(const support::RedisServer& server, const std::string& name) {
        const std::string info = server.Command({"INFO"});
        const std::size_t found = info.find("\n" + name + ":");
        EXPECT_NE(found, std::string::npos);
        return std::strtol(info.c_str() + found + name.size() + 2, nullptr, 10);
    }

    support::RedisServer server_;
};

TEST_F(RedisClientOfServer, KeepsEveryByteOfKeysAndValues) {
    const auto client = Connect(OptionsFor(server_.Port()));
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    EXPECT_EQ(Text(*client, {"SET", bytes, bytes + "\r\n"}), "OK");
    EXPECT_EQ(Text(*client, {"GET", bytes}), bytes + "\r\n");
    EXPECT_TRUE(Ask(*client, {"GET", "absent"})->IsNil());
    const std::string large(3'000'000, 'x');
    EXPECT_EQ(Text(*client, {"SET", "large", large}), "OK");
    EXPECT_EQ(Text(*client, {"GET", "large"}), large);
}

TEST_F(RedisClientOfServer, AnswersTenThousandPipelinedCommandsInOrderWithFewWrites) {
    constexpr std::size_t kSent = 10'000;
    const auto client = Connect(OptionsFor(server_.Port()));
    const long reads_before = Info(server_, "total_reads_processed");
    Answers answers;
    for (std::size_t i = 0; i < kSent; ++i) {
        client->Send({"INCR", "n"}, Later(), answers.Next());
    }
    EXPECT_TRUE(answers.all.empty());
    ASSERT_TRUE(RunUntil([&] { return answers.all.size() == kSent; }));
    for (std::size_t i = 0; i < kSent; ++i) {
        ASSERT_TRUE(answers.all[i]);
        ASSERT_EQ(answers.all[i]->Integer(), static_cast<std::int64_t>(i + 1));
    }
    // A write carries many; how Redis cuts them into reads is its own business.
    EXPECT_LE(Info(server_, "total_reads_processed") - reads_before, 1'000);
    EXPECT_EQ(client->Stats().commands.Value(), kSent);
    HistogramTotals round_trips;
    client->Stats().round_trip.AddTo(round_trips);
    EXPECT_EQ(round_trips.Count(), kSent);
    EXPECT_EQ(client->Stats().in_flight.Value(), 0);
}

TEST_F(RedisClientOfServer, NamesItselfAndSelectsItsDatabase) {
    RedisOptions options = OptionsFor(server_.Port(), "redis://", "/3");
    options.client_name = "coupon-api";
    const auto client = Connect(options);
    EXPECT_EQ(Text(*client, {"SET", "k", "three"}), "OK");
    EXPECT_EQ(Text(*client, {"CLIENT", "GETNAME"}), "coupon-api");
    EXPECT_EQ(server_.Command({"GET", "k"}), "(nil)");
    options.url.database = 4000;
    const auto other = Make(options);
    ASSERT_TRUE(RunUntil([&] { return LastReason().find("SELECT") != std::string::npos; }));
    EXPECT_THAT(LastReason(), HasSubstr("out of range"));
}

TEST_F(RedisClientOfServer, ProvesWhoItIsAndNeverTellsThePassword) {
    ASSERT_EQ(server_.Command({"ACL", "SETUSER", "shop", "on", ">hunter2", "~*", "+@all"}), "OK");
    ASSERT_EQ(server_.Command({"CONFIG", "SET", "requirepass", "default-secret"}), "OK");
    const auto wrong = Make(OptionsFor(server_.Port(), "redis://shop:hunter3@"));
    ASSERT_TRUE(RunUntil([&] { return !states_.empty(); }));
    EXPECT_FALSE(wrong->Up());
    EXPECT_THAT(LastReason(), HasSubstr("redis AUTH"));
    EXPECT_THAT(LastReason(), HasSubstr("WRONGPASS"));
    EXPECT_THAT(LastReason(), Not(HasSubstr("hunter3")));
    wrong->Close();
    const auto user = Connect(OptionsFor(server_.Port(), "redis://shop:hunter2@"));
    EXPECT_EQ(Text(*user, {"ACL", "WHOAMI"}), "shop");
    const auto standard = Connect(OptionsFor(server_.Port(), "redis://:default-secret@"));
    EXPECT_EQ(Text(*standard, {"ACL", "WHOAMI"}), "default");
    const auto nobody = Make(OptionsFor(server_.Port()));
    ASSERT_TRUE(RunUntil([&] { return LastReason().find("NOAUTH") != std::string::npos; }));
}

TEST_F(RedisClientOfServer, ComesBackAfterARestartWithAnotherRunId) {
    const auto client = Connect(OptionsFor(server_.Port()));
    const std::string first = client->RunId();
    EXPECT_EQ(first.size(), 40u);
    EXPECT_EQ(states_.back().run_id, first);
    server_.Kill();
    ASSERT_TRUE(RunUntil([&] { return !client->Up(); }));
    EXPECT_EQ(client->RunId(), "");
    EXPECT_FALSE(states_.back().up);
    ASSERT_TRUE(RunUntil([&] { return client->Stats().connections_failed.Value() >= 3; }));
    EXPECT_THAT(LastReason(), HasSubstr("Connection refused"));
    server_.Start();
    ASSERT_TRUE(RunUntil([&] { return client->Up(); }));
    EXPECT_EQ(client->RunId().size(), 40u);
    EXPECT_NE(client->RunId(), first);
    EXPECT_EQ(states_.back().run_id, client->RunId());
    EXPECT_EQ(Text(*client, {"PING"}), "PONG");
    EXPECT_EQ(client->Stats().connections.Value(), 2u);
    EXPECT_EQ(client->Stats().connections_lost.Value(), 1u);
}

TEST_F(RedisClientOfServer, KeepsTheRunIdWhenOnlyTheConnectionWasLost) {
    const auto client = Connect(OptionsFor(server_.Port()));
    const std::string first = client->RunId();
    server_.Command({"CLIENT", "KILL", "TYPE", "normal"});
    ASSERT_TRUE(RunUntil([&] { return client->Stats().connections.Value() == 2; }));
    EXPECT_EQ(client->RunId(), first);
}

TEST_F(RedisClientOfServer, SaysNotAppliedWhenAScriptIsUnknown) {
    const auto client = Connect(OptionsFor(server_.Port()));
    const std::string sha = Text(*client, {"SCRIPT", "LOAD", "return redis.call('INCR', 'n')"});
    EXPECT_EQ(Ask(*client, {"EVALSHA", sha, "0"})->Integer(), 1);
    server_.Command({"SCRIPT", "FLUSH"});
    const Error error = Failure(*client, {"EVALSHA", sha, "0"});
    EXPECT_TRUE(IsRedisError(error, "NOSCRIPT"));
    EXPECT_EQ(error.applied, Applied::kNo);
    EXPECT_EQ(server_.Command({"GET", "n"}), "1");
    EXPECT_EQ(client->Stats().Of(RedisFailure::kRefused).Value(), 1u);
}

TEST_F(RedisClientOfServer, SaysUnknownWhenAScriptFailedAfterItWrote) {
    const auto client = Connect(OptionsFor(server_.Port()));
    const Error error =
        Failure(*client, {"EVAL", "redis.call('SET', 'k', 'written'); return nothing.here", "0"});
    EXPECT_EQ(error.applied, Applied::kUnknown);
    EXPECT_EQ(server_.Command({"GET", "k"}), "written");
    EXPECT_EQ(client->Stats().Of(RedisFailure::kErrorReply).Value(), 1u);
    server_.Command({"ACL", "SETUSER", "default", "-hset"});
    const Error rights = Failure(
        *client,
        {"EVAL", "redis.call('SET', 'k', 'again'); redis.call('HSET', 'h', 'a', 'b')", "0"});
    EXPECT_EQ(server_.Command({"GET", "k"}), "again");
    EXPECT_EQ(rights.applied, Applied::kUnknown);
    EXPECT_EQ(Failure(*client, {"HSET", "h", "a", "b"}).applied, Applied::kNo);
}

TEST_F(RedisClientOfServer, SaysNotAppliedWhenMemoryIsFull) {
    const auto client = Connect(OptionsFor(server_.Port()));
    server_.Command({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
    server_.Command({"CONFIG", "SET", "maxmemory", "1"});
    for (const Error& error : {Failure(*client, {"SET", "k", "v"}),
                               Failure(*client, {"EVAL", "redis.call('SET', 'k', 'v')", "0"})}) {
        EXPECT_TRUE(IsRedisError(error, "OOM")) << error.detail;
        EXPECT_EQ(error.code, ErrorCode::kStorageFull);
        EXPECT_EQ(error.applied, Applied::kNo);
    }
    EXPECT_EQ(server_.Command({"EXISTS", "k"}), "0");
}

TEST_F(RedisClientOfServer, SaysNotAppliedOnAReplica) {
    const auto client = Connect(OptionsFor(server_.Port()));
    server_.Command({"REPLICAOF", "127.0.0.1", std::to_string(support::FreePort())});
    const Error error = Failure(*client, {"SET", "k", "v"});
    EXPECT_TRUE(IsRedisError(error, "READONLY"));
    EXPECT_EQ(error.applied, Applied::kNo);
}

TEST_F(RedisClientOfServer, SaysNotAppliedWhileRedisLoads) {
    server_.Command({"DEBUG", "POPULATE", "20000"});
    ASSERT_EQ(server_.Command({"SAVE"}), "OK");
    server_.Kill();
    server_.SetArguments({"--key-load-delay", "1000", "--loading-process-events-interval-bytes",
                          "1024"});  // 20 s, and every kilobyte it answers
    server_.Start("Server initialized");
    const auto client = Connect(OptionsFor(server_.Port()));
    const Error error = Failure(*client, {"SET", "k", "v"});
    EXPECT_TRUE(IsRedisError(error, "LOADING")) << error.detail;
    EXPECT_EQ(error.applied, Applied::kNo);
    EXPECT_TRUE(error.retry_is_safe);
}

TEST_F(RedisClientOfServer, NeverTakesALateReplyForThatOfTheNextCommand) {
    RedisOptions options = OptionsFor(server_.Port());
    options.overdue = kPatience;
    const auto client = Connect(options);
    ASSERT_EQ(Text(*client, {"MSET", "a", "late", "b", "next"}), "OK");
    server_.Pause();
    const Error error = Failure(*client, {"GET", "a"}, std::chrono::milliseconds(20));
    EXPECT_EQ(error.code, ErrorCode::kUnavailable);
    EXPECT_EQ(error.applied, Applied::kUnknown);
    Answers answers;
    client->Send({"GET", "b"}, Later(), answers.Next());
    server_.Resume();
    ASSERT_TRUE(RunUntil([&] { return !answers.all.empty(); }));
    ASSERT_TRUE(answers.all[0]);
    EXPECT_EQ(answers.all[0]->Text(), "next");
    EXPECT_EQ(client->Stats().late_replies.Value(), 1u);
    EXPECT_EQ(client->Stats().Of(RedisFailure::kTimedOut).Value(), 1u);
    EXPECT_EQ(client->Stats().connections.Value(), 1u);
}

TEST_F(RedisClientOfServer, GivesUpAPeerThatStandsStillAndComesBack) {
    RedisOptions options = OptionsFor(server_.Port());
    options.overdue = std::chrono::milliseconds(30);
    options.connect_timeout = std::chrono::milliseconds(200);
    const auto client = Connect(options);
    server_.Pause();
    Answers answers;
    client->Send({"INCR", "n"}, std::chrono::steady_clock::now(), answers.Next());
    client->Send({"INCR", "n"}, Later(), answers.Next());
    RunReady();  // both are written
    ASSERT_TRUE(RunUntil([&] { return !client->Up(); }));
    EXPECT_THAT(states_[1].reason, HasSubstr("the peer is gone"));
    ASSERT_TRUE(RunUntil([&] { return answers.all.size() == 2; }));
    EXPECT_EQ(answers.Count(Applied::kUnknown), 2u);
    ASSERT_TRUE(RunUntil([&] { return client->Stats().connections_failed.Value() == 1; }));
    EXPECT_THAT(LastReason(), HasSubstr("not connected in time"));
    server_.Resume();
    ASSERT_TRUE(RunUntil([&] { return client->Up(); }));
    EXPECT_EQ(Text(*client, {"PING"}), "PONG");
}

}  // namespace
}  // namespace coupon::redis
