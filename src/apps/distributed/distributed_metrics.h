#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "admission/redis_admission.h"

namespace coupon {

// What a scrape of coupon-api shows of the distributed mode. Pure; any thread.

/// coupon_redis_batches_total, coupon_redis_batched_claims_total,
/// coupon_redis_cached_refusals_total, coupon_admission_overloaded_total,
/// coupon_admission_unknown_total and coupon_redis_loads_total{outcome}.
std::vector<prometheus::MetricFamily> AdmissionFamilies(
    const admission::RedisAdmissionNumbers& numbers);

}  // namespace coupon
