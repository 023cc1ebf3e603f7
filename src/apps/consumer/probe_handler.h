#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/metrics_registry.h"
#include "http/event_loop.h"
#include "http/exchange.h"

namespace coupon {

/// What a consumer answers about itself.
struct ProbeSources {
    const MetricsRegistry& metrics;
    /// JSON, of /actuator/info. Any thread, as the next.
    std::function<std::string()> info = {};
    /// nullopt: ready.
    std::function<std::optional<std::string>()> not_ready = {};
};

/// A JSON object of texts.
std::string JsonObject(
    std::initializer_list<std::pair<std::string_view, std::string_view>> members);

/// /livez (= /actuator/health/liveness), /readyz (= /actuator/health and its readiness),
/// /actuator/info, /metrics (= /actuator/prometheus); everything else is 404. Answers are counted
/// under the routes of http/api/routes.h. Confined to its loop's thread.
class ProbeHandler final : public http::Handler {
public:
    /// `sources` must outlive it.
    explicit ProbeHandler(const ProbeSources& sources) : sources_(sources) {}

    http::Handling OnRequest(http::EventLoop& loop, http::ExchangeId id,
                             const http::Request& request) override;
    std::string RefusalBody(int status, std::string_view code, std::string_view detail) override;

private:
    const ProbeSources& sources_;
};

}  // namespace coupon
