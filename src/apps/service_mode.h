#pragma once

#include <prometheus/metric_family.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "admission/memory_lookup.h"
#include "common/error.h"
#include "http/api/api_context.h"
#include "http/api/query_store.h"

namespace coupon {

/// What stays as it is while the service runs.
struct ModeFacts {
    http::api::ServiceInfo info;
    std::string place;  ///< where the data is, for the log; no secret
    const admission::MemoryLookup* memory = nullptr;  ///< of ApiContext
};

/// What of coupon-api differs between its modes: the admission with everything that it needs. The
/// destructor comes after the admission's drain and the end of the loops' threads, before the loops
/// themselves are gone, and may block. Thread-safe once made.
class ServiceMode {
public:
    ServiceMode() = default;
    ServiceMode(const ServiceMode&) = delete;
    ServiceMode& operator=(const ServiceMode&) = delete;
    virtual ~ServiceMode() = default;

    virtual admission::Admission& Admission() = 0;
    virtual const ModeFacts& Facts() const = 0;
    /// The store of one more query thread; the mode must outlive it. Blocking.
    virtual Result<std::unique_ptr<http::api::QueryStore>> OpenQueryStore() = 0;
    /// Besides Admission().Reader().Unavailable(). Any loop; does not block.
    virtual std::optional<std::string> WhyNotReady() const = 0;
    /// The mode's own metrics; what is not known is absent. Any thread.
    virtual std::vector<prometheus::MetricFamily> Families() const = 0;
};

}  // namespace coupon
