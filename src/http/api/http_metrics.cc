#include "http/api/http_metrics.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "common/metric_family.h"
#include "http/api/routes.h"

namespace coupon::http::api {
namespace {

/// Micrometer's word for a status.
std::string_view OutcomeOf(int status) {
    switch (status / 100) {
        case 1: return "INFORMATIONAL";
        case 2: return "SUCCESS";
        case 3: return "REDIRECTION";
        case 4: return "CLIENT_ERROR";
        case 5: return "SERVER_ERROR";
        default: return "UNKNOWN";
    }
}

prometheus::MetricFamily Requests(std::span<const RequestStatsRow> rows) {
    auto family =
        HistogramFamily("http_server_requests_seconds", "From a request's last byte to its answer");
    for (const RequestStatsRow& row : rows) {
        const auto id =
            row.route < kRouteCount ? static_cast<RouteId>(row.route) : RouteId::kUnmatched;
        const RouteLabel label = LabelOf(id);
        const HistogramTotals totals{{row.buckets.begin(), row.buckets.end()}, row.nanoseconds_sum};
        AddHistogram(family, totals, kSecondsBoundsNanoseconds, kNanosecondsPerSecond,
                     {{"method", std::string(label.method)},
                      {"uri", std::string(label.uri)},
                      {"status", std::to_string(row.status)},
                      {"outcome", std::string(OutcomeOf(row.status))}});
    }
    return family;
}

}  // namespace

std::vector<prometheus::MetricFamily> HttpFamilies(std::span<const RequestStatsRow> rows,
                                                   const TransportTotals& totals) {
    auto events = CounterFamily("http_server_events_total", "What the transport did by itself");
    for (std::size_t i = 0; i < kTransportEvents; ++i) {
        const auto event = static_cast<TransportEvent>(i);
        AddCounter(events, static_cast<double>(totals[event]),
                   {{"event", std::string(http::ToString(event))}});
    }
    return {Requests(rows),
            OneGauge("http_server_connections_current", "Open connections",
                     static_cast<double>(totals.connections_current)),
            OneGauge("http_server_connections_max", "Connections from which on 503 is answered",
                     static_cast<double>(totals.connections_limit)),
            OneGauge("http_server_exchanges_in_flight", "Requests that wait for their answer",
                     static_cast<double>(totals.exchanges_in_flight)),
            std::move(events)};
}

}  // namespace coupon::http::api
