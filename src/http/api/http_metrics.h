#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <span>
#include <vector>

#include "http/request_stats.h"
#include "http/server.h"
#include "http/transport_stats.h"

namespace coupon::http::api {

/// http_server_requests_seconds{method,uri,status,outcome}, http_server_connections_current and
/// _max, http_server_exchanges_in_flight and http_server_events_total{event}. HEAD counts as the
/// GET it stands for; a path that is not ours and a refusal of the transport count as
/// uri="NOT_FOUND". Pure; any thread.
std::vector<prometheus::MetricFamily> HttpFamilies(std::span<const RequestStatsRow> rows,
                                                   const TransportTotals& totals);

/// The same of a running server, which must outlive it. Thread-safe.
class HttpMetrics final : public prometheus::Collectable {
public:
    explicit HttpMetrics(const Server& server) : server_(server) {}
    std::vector<prometheus::MetricFamily> Collect() const override {
        return HttpFamilies(server_.CollectRequestStats(), server_.Totals());
    }

private:
    const Server& server_;
};

}  // namespace coupon::http::api
