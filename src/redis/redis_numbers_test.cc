#include "redis/redis_numbers.h"

#include <gtest/gtest.h>

namespace coupon::redis {
namespace {

TEST(RedisNumbers, AddUpOverClients) {
    RedisNumbers numbers;
    for (int client = 0; client < 2; ++client) {
        RedisStats stats;
        stats.commands.Add(10);
        stats.Of(RedisFailure::kTimedOut).Add(2);
        stats.late_replies.Add(1);
        stats.connections.Add(3);
        stats.connections_lost.Add(2);
        stats.connections_failed.Add(5);
        stats.in_flight.Set(7);
        stats.round_trip.Record(1'000'000);
        numbers.Add(stats);
    }
    EXPECT_EQ(numbers.commands, 20u);
    EXPECT_EQ(numbers.failures[static_cast<std::size_t>(RedisFailure::kTimedOut)], 4u);
    EXPECT_EQ(numbers.failures[static_cast<std::size_t>(RedisFailure::kRefused)], 0u);
    EXPECT_EQ(numbers.late_replies, 2u);
    EXPECT_EQ(numbers.connections, 6u);
    EXPECT_EQ(numbers.connections_lost, 4u);
    EXPECT_EQ(numbers.connections_failed, 10u);
    EXPECT_EQ(numbers.in_flight, 14);
    EXPECT_EQ(numbers.round_trip.Count(), 2u);
    EXPECT_EQ(numbers.round_trip.sum, 2'000'000u);
}

}  // namespace
}  // namespace coupon::redis
