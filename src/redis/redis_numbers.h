#pragma once

#include <array>
#include <cstdint>

#include "common/metric_cells.h"
#include "redis/redis_stats.h"

namespace coupon::redis {

/// The numbers of several clients and subscribers at one moment.
struct RedisNumbers {
    std::uint64_t commands = 0;  ///< given to Send, those that failed included
    std::array<std::uint64_t, kRedisFailures> failures{};  ///< by RedisFailure
    std::uint64_t late_replies = 0;
    std::uint64_t connections = 0;  ///< made; the first of each client is no reconnect
    std::uint64_t connections_lost = 0;
    std::uint64_t connections_failed = 0;  ///< attempts
    std::int64_t in_flight = 0;
    HistogramTotals round_trip = {};  ///< nanoseconds, of kSecondsBoundsNanoseconds

    /// Adds one client's. Any thread.
    void Add(const RedisStats& stats);
};

}  // namespace coupon::redis
