#include "redis/redis_numbers.h"

namespace coupon::redis {

void RedisNumbers::Add(const RedisStats& stats) {
    commands += stats.commands.Value();
    for (std::size_t i = 0; i < kRedisFailures; ++i) failures[i] += stats.failures[i].Value();
    late_replies += stats.late_replies.Value();
    connections += stats.connections.Value();
    connections_lost += stats.connections_lost.Value();
    connections_failed += stats.connections_failed.Value();
    in_flight += stats.in_flight.Value();
    stats.round_trip.AddTo(round_trip);
}

}  // namespace coupon::redis
