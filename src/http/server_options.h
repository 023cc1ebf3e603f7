#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "common/limits.h"

namespace coupon::http {

/// The most bytes a request's body may have, by its path (undecoded, without the query):
/// limits::kClaimBodyBytesMax where claims are sent (a path that ends in "/claims" or starts with
/// "/coupons/issue"), else kBodyBytesMax.
std::size_t DefaultBodyLimit(std::string_view path);

/// How a Server listens and what it bears. Immutable once the server has started.
struct ServerOptions {
    std::string address = "127.0.0.1";  ///< a numeric IPv4 or IPv6 address
    std::uint16_t port = 8080;  ///< 0 = a free one; Server::Port() tells which
    std::size_t threads = 1;  ///< event loops, 1 to limits::kEventLoopsMax

    /// Connections of the whole server; one more is answered 503 with Retry-After and closed.
    std::size_t max_connections = std::size_t{limits::kConnectionsDefault};
    /// Route templates the handler may name in Response::route (0 to route_count - 1); larger ones
    /// count as 0.
    std::size_t route_count = 1;
    /// Called once a request that has a body, on the loop's thread. Its answers must be <=
    /// limits::kBodyBytesMax.
    std::size_t (*body_limit)(std::string_view path) = &DefaultBodyLimit;

    // Time-outs are checked every sweep_interval, so they fire up to that much late.
    /// Total, from the header's first byte.
    std::chrono::milliseconds header_timeout = limits::kHeaderTimeout;
    /// Total, from the end of the header.
    std::chrono::milliseconds body_timeout = limits::kBodyTimeout;
    /// Between two requests.
    std::chrono::milliseconds idle_timeout = limits::kIdleTimeout;
    /// Total, of one write that had to wait.
    std::chrono::milliseconds write_timeout = limits::kWriteTimeout;
    std::chrono::milliseconds sweep_interval = limits::kSweepInterval;
    /// After a refusal the rest of what the client sends is read and dropped for at most this long,
    /// so that the refusal is not destroyed by a reset before it is read.
    std::chrono::milliseconds linger_timeout = limits::kLingerTimeout;
};

}  // namespace coupon::http
