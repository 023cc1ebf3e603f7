#pragma once

#include <functional>
#include <optional>
#include <string>

#include "admission/admission.h"
#include "admission/memory_lookup.h"
#include "common/clock.h"
#include "common/log.h"
#include "common/metrics_registry.h"
#include "http/api/admission_path.h"
#include "http/api/api_metrics.h"
#include "http/api/auth.h"
#include "http/api/query_pool.h"

namespace coupon::http::api {

/// What /actuator/info says.
struct ServiceInfo {
    std::string application = "coupon-api";
    std::string version;
    std::string mode = "embedded";
    std::string store = "sqlite";
    admission::AckLevel ack_level = admission::AckLevel::kDurable;
    std::string reply_after = "ledger";  ///< what a yes waits for: "admission" or "ledger"
    AdmissionPath path = AdmissionPath::kLedger;
};

/// What the handlers of all loops share. Everything in it is thread-safe and must outlive the
/// server.
struct ApiContext {
    admission::Admission& admission;
    QueryPool& queries;
    const Clock& clock;
    const Logger& log;
    const Authorizer& authorizer;
    const MetricsRegistry& metrics;
    ApiMetrics& api_metrics;
    ServiceInfo info;
    /// What a loop may read without the query pool; null in the distributed mode.
    const admission::MemoryLookup* memory = nullptr;
    /// Why the service is not ready besides a drain and an admission that cannot decide; empty = it
    /// is ready. May be called from any loop; must not block. An empty function stands for "always
    /// ready".
    std::function<std::optional<std::string>()> not_ready;
};

}  // namespace coupon::http::api
