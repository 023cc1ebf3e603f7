#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redis/redis_client.h"

namespace coupon::redis {

/// A client on the test's own thread; whoever answers it is the test's business.
class RedisClientTest : public ::testing::Test {
protected:
    static constexpr std::chrono::seconds kPatience{10};

    /// Without pauses that a test would have to wait for.
    static RedisOptions OptionsFor(std::uint16_t port, std::string_view before = "redis://",
                                   std::string_view after = "") {
        auto url = RedisUrl::Parse(std::string(before) + "127.0.0.1:" + std::to_string(port) +
                                   std::string(after));
        EXPECT_TRUE(url);
        RedisOptions options;
        options.url = url.value_or(RedisUrl{});
        options.backoff_first = std::chrono::milliseconds(1);
        options.backoff_max = std::chrono::milliseconds(20);
        return options;
    }
    std::unique_ptr<RedisClient> Make(const RedisOptions& options) {
        auto client = RedisClient::Create(
            io_, options, [this](const RedisState& state) { states_.push_back(state); });
        EXPECT_TRUE(client) << Describe(client.error());
        (*client)->Start();
        return std::move(*client);
    }
    /// The same, and waits until it is up.
    std::unique_ptr<RedisClient> Connect(const RedisOptions& options) {
        auto client = Make(options);
        EXPECT_TRUE(RunUntil([&] { return client->Up(); })) << LastReason();
        return client;
    }
    std::string LastReason() const { return states_.empty() ? "" : states_.back().reason; }

    /// Runs the event loop until `done`; false when that takes too long.
    bool RunUntil(const std::function<bool()>& done) {
        const auto deadline = std::chrono::steady_clock::now() + kPatience;
        while (!done()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            io_.restart();
            io_.run_one_until(deadline);
        }
        return true;
    }
    /// Runs what is ready now, and nothing that has to be waited for.
    void RunReady() {
        io_.restart();
        io_.poll();
    }
    /// One command and its answer.
    Result<RedisReply> Ask(RedisClient& client, std::initializer_list<std::string_view> command,
                           std::chrono::milliseconds patience = kPatience) {
        std::optional<Result<RedisReply>> answer;
        client.Send(RedisCommand(command), std::chrono::steady_clock::now() + patience,
                    [&answer](Result<RedisReply> result) { answer.emplace(std::move(result)); });
        EXPECT_TRUE(RunUntil([&] { return answer.has_value(); }));
        if (!answer) return std::unexpected(Nothing("no answer"));
        return std::move(*answer);
    }
    /// The text of an answer that is no error.
    std::string Text(RedisClient& client, std::initializer_list<std::string_view> command) {
        const Result<RedisReply> answer = Ask(client, command);
        EXPECT_TRUE(answer) << Describe(answer.error());
        return answer ? std::string(answer->Text()) : "";
    }
    /// The error that is the answer.
    Error Failure(RedisClient& client, std::initializer_list<std::string_view> command,
                  std::chrono::milliseconds patience = kPatience) {
        const Result<RedisReply> answer = Ask(client, command, patience);
        EXPECT_FALSE(answer);
        return answer ? Nothing("no error") : answer.error();
    }
    static Error Nothing(std::string_view detail) {
        return Error{.operation = "test", .detail = std::string(detail)};
    }

    /// What became of commands that are sent and not waited for.
    struct Answers {
        std::vector<Result<RedisReply>> all;

        RedisCallback Next() {
            return [this](Result<RedisReply> result) { all.push_back(std::move(result)); };
        }
        std::size_t Count(Applied applied) const {
            std::size_t count = 0;
            for (const auto& result : all) count += !result && result.error().applied == applied;
            return count;
        }
    };
    static MonotonicTime Later() { return std::chrono::steady_clock::now() + kPatience; }

    boost::asio::io_context io_{1};
    std::vector<RedisState> states_;
};

}  // namespace coupon::redis
