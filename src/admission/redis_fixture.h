#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admission/redis_keys.h"
#include "admission/redis_scripts.h"
#include "redis/redis_session.h"
#include "tests/support/redis_server.h"

namespace coupon::admission {

inline constexpr std::chrono::seconds kTestPatience{10};

inline redis::RedisOptions RedisOptionsFor(std::uint16_t port) {
    auto url = redis::RedisUrl::Parse(fmt::format("redis://127.0.0.1:{}", port));
    EXPECT_TRUE(url);
    redis::RedisOptions options;
    options.url = url.value_or(redis::RedisUrl{});
    options.backoff_first = std::chrono::milliseconds{1};
    options.backoff_max = std::chrono::milliseconds{20};
    return options;
}

inline std::unique_ptr<redis::RedisSession> ConnectTo(const support::RedisServer& server) {
    auto session = redis::RedisSession::Create(RedisOptionsFor(server.Port()));
    EXPECT_TRUE(session && (*session)->WaitUntilUp(kTestPatience));
    return std::move(*session);
}

/// An answer as a text: "(ok 1 2)", "nil".
inline std::string TextOf(const redis::RedisReply& reply) {
    if (reply.IsNil()) return "nil";
    if (const auto number = reply.Integer()) return fmt::to_string(*number);
    if (!reply.IsArray()) return std::string(reply.Text());
    std::string text = "(";
    for (std::size_t i = 0; i < reply.Size(); ++i) {
        if (i > 0) text += ' ';
        text += TextOf(reply[i]);
    }
    return text + ")";
}

/// A real Redis with one coupon, whose policy the test sets as it likes.
class RedisScriptTest : public ::testing::Test {
protected:
    using Words = std::vector<std::string>;

    std::string Do(std::initializer_list<std::string_view> command) {
        auto reply = session_->Call(redis::RedisCommand(command), kTestPatience);
        return reply ? TextOf(*reply) : "error: " + reply.error().detail;
    }
    Result<redis::RedisReply> Run(const redis::RedisScript& script, const Words& keys,
                                  const Words& arguments) {
        const std::vector<std::string_view> key_views(keys.begin(), keys.end());
        const std::vector<std::string_view> argument_views(arguments.begin(), arguments.end());
        return session_->Run(script, key_views, argument_views, kTestPatience);
    }
    std::string Text(const redis::RedisScript& script, const Words& keys, const Words& arguments) {
        auto reply = Run(script, keys, arguments);
        return reply ? TextOf(*reply) : "error: " + reply.error().detail;
    }
    std::string Policy(std::string_view field) { return Do({"HGET", keys_.policy, field}); }
    void SetPolicy(std::string_view field, std::string_view value) {
        Do({"HSET", keys_.policy, field, value});
    }
    /// Milliseconds by the clock of Redis.
    std::int64_t Now() {
        auto reply = session_->Call({"TIME"}, kTestPatience);
        return std::stoll(std::string((*reply)[0].Text())) * 1'000 +
               std::stoll(std::string((*reply)[1].Text())) / 1'000;
    }
    /// Loaded under epoch 1, open from a minute ago for an hour.
    void LoadByHand(std::string_view total) {
        start_ = Now() - 60'000;
        Do({"DEL", keys_.users, keys_.accepted});
        Do({"HSET",     keys_.policy,
            "run",      session_->RunId(),
            "epoch",    "1",
            "state",    "0",
            "start",    std::to_string(start_),
            "end",      std::to_string(start_ + 3'600'000),
            "total",    total,
            "next",     "1",
            "admitted", "0",
            "queued",   "0",
            "change",   "0"});
    }

    support::RedisServer server_;
    std::unique_ptr<redis::RedisSession> session_ = ConnectTo(server_);
    const RedisKeys keys_{CouponId{7}};
    std::int64_t start_ = 0;
};

}  // namespace coupon::admission
