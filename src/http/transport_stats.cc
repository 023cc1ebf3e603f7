#include "http/transport_stats.h"

#include "common/check.h"

namespace coupon::http {

std::string_view ToString(TransportEvent event) {
    switch (event) {
        case TransportEvent::kMalformedRequest: return "malformed_request";
        case TransportEvent::kTransferEncoding: return "transfer_encoding";
        case TransportEvent::kVersionNotSupported: return "version_not_supported";
        case TransportEvent::kTargetTooLong: return "target_too_long";
        case TransportEvent::kHeaderTooLarge: return "header_too_large";
        case TransportEvent::kBodyTooLarge: return "body_too_large";
        case TransportEvent::kExpectationFailed: return "expectation_failed";
        case TransportEvent::kHeaderTimeout: return "header_timeout";
        case TransportEvent::kBodyTimeout: return "body_timeout";
        case TransportEvent::kTooManyConnections: return "too_many_connections";
        case TransportEvent::kIdleTimeout: return "idle_timeout";
        case TransportEvent::kWriteTimeout: return "write_timeout";
        case TransportEvent::kClientGone: return "client_gone";
        case TransportEvent::kStreamFailed: return "stream_failed";
        case TransportEvent::kAcceptFailed: return "accept_failed";
        case TransportEvent::kContinueSent: return "continue_sent";
        case TransportEvent::kConnectionsAccepted: return "connections_accepted";
        case TransportEvent::kDrainCut: return "drain_cut";
        case TransportEvent::kCount: break;
    }
    CheckFailed("a known TransportEvent", __FILE__, __LINE__);
}

void TransportStats::AddTo(TransportTotals& totals) const {
    for (std::size_t i = 0; i < kTransportEvents; ++i) {
        totals.events[i] += events_[i].load(std::memory_order_relaxed);
    }
    totals.connections_current += connections_.load(std::memory_order_relaxed);
    totals.exchanges_in_flight += exchanges_.load(std::memory_order_relaxed);
}

}  // namespace coupon::http
