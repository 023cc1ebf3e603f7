#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/metric_cells.h"

namespace coupon::http {

/// What the transport did by itself: refusals by reason first, then the rest.
enum class TransportEvent : std::uint8_t {
    kMalformedRequest,      ///< 400: framing, bare CR or LF, bad names, Host, Content-Length
    kTransferEncoding,      ///< 501
    kVersionNotSupported,   ///< 505
    kTargetTooLong,         ///< 414
    kHeaderTooLarge,        ///< 431: bytes or fields
    kBodyTooLarge,          ///< 413
    kExpectationFailed,     ///< 417
    kHeaderTimeout,         ///< 408
    kBodyTimeout,           ///< 408
    kTooManyConnections,    ///< 503
    kIdleTimeout,           ///< closed without an answer
    kWriteTimeout,          ///< closed, the client did not read
    kClientGone,            ///< closed by the client with a request or an answer on its way
    kStreamFailed,          ///< a BodyStream failed; the connection was cut
    kAcceptFailed,          ///< accept said EMFILE, ENFILE, ENOBUFS or the like
    kContinueSent,          ///< 100 Continue
    kConnectionsAccepted,
    kDrainCut,              ///< still open at the drain's deadline
    kCount
};
inline constexpr std::size_t kTransportEvents = static_cast<std::size_t>(TransportEvent::kCount);

/// "malformed_request", "transfer_encoding", ...: the stable word in metrics and, for a refusal, in
/// its body.
std::string_view ToString(TransportEvent event);

/// The sum over a server's loops at about one instant.
struct TransportTotals {
    std::array<std::uint64_t, kTransportEvents> events{};
    std::uint64_t connections_current = 0;
    std::uint64_t connections_limit = 0;
    std::uint64_t exchanges_in_flight = 0;  ///< handed to a handler and not answered

    std::uint64_t operator[](TransportEvent event) const {
        return events[static_cast<std::size_t>(event)];
    }
};

/// One loop's counters. One writer (the loop), any number of readers; relaxed, load and store.
class alignas(kCacheLineBytes) TransportStats {
public:
    /// Loop's thread only.
    void Count(TransportEvent event) { AddRelaxed(events_[static_cast<std::size_t>(event)], 1); }
    void ConnectionOpened() { AddRelaxed(connections_, 1); }
    void ConnectionClosed() { AddRelaxed(connections_, static_cast<std::uint64_t>(-1)); }
    void ExchangeStarted() { AddRelaxed(exchanges_, 1); }
    void ExchangeEnded() { AddRelaxed(exchanges_, static_cast<std::uint64_t>(-1)); }

    /// Any thread.
    void AddTo(TransportTotals& totals) const;

private:
    std::array<std::atomic<std::uint64_t>, kTransportEvents> events_{};
    std::atomic<std::uint64_t> connections_{0};
    std::atomic<std::uint64_t> exchanges_{0};
};

}  // namespace coupon::http
