#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/metric_cells.h"

namespace coupon::redis {

/// Why a command failed.
enum class RedisFailure : std::uint8_t {
    kNotConnected,  ///< refused at once, nothing applied
    kOverloaded,  ///< a named limit is reached, nothing applied
    kTimedOut,  ///< no reply by its deadline
    kConnectionLost,  ///< the connection ended first, or the client was closed
    kRefused,  ///< Redis said no before it did anything: LOADING, NOSCRIPT, ...
    kErrorReply,  ///< any other error of Redis
    kCount
};
inline constexpr std::size_t kRedisFailures = static_cast<std::size_t>(RedisFailure::kCount);

/// "not_connected", "overloaded", ...: the stable word in metrics.
std::string_view ToString(RedisFailure failure);

/// The numbers of one client or subscriber. Written by its thread, read by any.
struct RedisStats {
    CounterCell commands;  ///< given to Send, those that failed included
    std::array<CounterCell, kRedisFailures> failures;
    CounterCell late_replies;  ///< came after their command's deadline and were dropped
    CounterCell connections;  ///< made, with the whole handshake; the first is no reconnect
    CounterCell connections_lost;  ///< ended without Close
    CounterCell connections_failed;  ///< attempts
    GaugeCell in_flight;  ///< written and not answered
    HistogramCell round_trip{kSecondsBoundsNanoseconds};  ///< from write to reply

    CounterCell& Of(RedisFailure failure) { return failures[static_cast<std::size_t>(failure)]; }
    const CounterCell& Of(RedisFailure failure) const {
        return failures[static_cast<std::size_t>(failure)];
    }
};

}  // namespace coupon::redis
