#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "admission/redis_keys.h"
#include "queue/redis_stream.h"
#include "redis/redis_options.h"
#include "redis/redis_session.h"
#include "tests/support/redis_server.h"

namespace coupon::queue {

inline redis::RedisOptions OptionsOf(const support::RedisServer& server) {
    auto url = redis::RedisUrl::Parse("redis://127.0.0.1:" + std::to_string(server.Port()));
    EXPECT_TRUE(url);
    redis::RedisOptions options;
    options.url = url.value_or(redis::RedisUrl{});
    options.backoff_first = std::chrono::milliseconds(1);
    options.backoff_max = std::chrono::milliseconds(20);
    return options;
}

/// Streams of a real Redis, filled by hand.
class RedisStreamTest : public ::testing::Test {
protected:
    static constexpr CouponId kCoupon{7};
    static constexpr std::chrono::seconds kPatience{10};

    static std::unique_ptr<redis::RedisSession> Connect(const support::RedisServer& server) {
        auto session = redis::RedisSession::Create(OptionsOf(server));
        EXPECT_TRUE(session);
        EXPECT_TRUE((*session)->WaitUntilUp(kPatience));
        return *std::move(session);
    }

    /// The admission state as a loader leaves it.
    void Load(std::int64_t epoch = 1) {
        redis_.Command({"HSET", keys_.policy, "run", session_->RunId(), "epoch",
                        std::to_string(epoch), "queued", "0"});
    }
    /// An entry as admission writes it; its id.
    std::string Accept(std::string_view users, std::int64_t first, std::string_view version = "1") {
        std::int64_t claims = 1;
        for (const char c : users) claims += c == ' ';
        redis_.Command({"HINCRBY", keys_.policy, "queued", std::to_string(claims)});
        return redis_.Command({"XADD", keys_.accepted, "*", "v", version, "e", "1", "t",
                               "1700000000000", "s", std::to_string(first), "u", users});
    }
    /// So many entries with the same users, at once; they are not counted as queued.
    void AcceptMany(std::size_t entries, std::string_view users) {
        redis_.Command({"EVAL",
                        "for i = 1, ARGV[1] do redis.call('XADD', KEYS[1], '*', 'v', '1', 'e', "
                        "'1', 't', '1', 's', 1, 'u', ARGV[2]) end",
                        "1", keys_.accepted, std::to_string(entries), users});
    }
    Result<Taken> TryTake(std::string cursor = "", std::size_t claims = 100) {
        const std::vector<TakeRequest> requests = {{kCoupon, std::move(cursor), claims}};
        return std::move(
            TakeAll(*session_, reader_, session_->RunId(), requests, kPatience).front());
    }
    Taken Take(std::string cursor = "", std::size_t claims = 100) {
        auto taken = TryTake(std::move(cursor), claims);
        EXPECT_TRUE(taken) << Describe(taken.error());
        return taken ? *std::move(taken) : Taken{};
    }
    /// As another consumer.
    Taken TakeAs(const Reader& reader, std::string cursor = "") {
        const std::vector<TakeRequest> requests = {{kCoupon, std::move(cursor), 100}};
        auto taken = TakeAll(*session_, reader, session_->RunId(), requests, kPatience);
        EXPECT_TRUE(taken.front());
        return *std::move(taken.front());
    }
    static std::vector<std::string> IdsOf(const Taken& taken) {
        std::vector<std::string> ids;
        for (const QueuedEntry& entry : taken.entries) ids.push_back(entry.id);
        return ids;
    }

    static std::size_t ClaimsOf(const Taken& taken) {
        std::size_t claims = 0;
        for (const QueuedEntry& entry : taken.entries) claims += entry.claims.size();
        return claims;
    }

    support::RedisServer redis_;
    std::unique_ptr<redis::RedisSession> session_ = Connect(redis_);
    const admission::RedisKeys keys_{kCoupon};
    const Reader reader_{.name = "a", .token = "a:1", .lease = std::chrono::seconds(60)};
    const Reader other_{.name = "b", .token = "b:1", .lease = std::chrono::seconds(60)};
};

}  // namespace coupon::queue
