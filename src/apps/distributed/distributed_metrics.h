#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "admission/redis_admission.h"
#include "ledger/mysql_pool.h"

namespace coupon {

// What a scrape of coupon-api shows of the distributed mode. Pure; any thread.

/// coupon_redis_batches_total, coupon_redis_batched_claims_total,
/// coupon_redis_cached_refusals_total, coupon_admission_overloaded_total,
/// coupon_admission_unknown_total and coupon_redis_loads_total{outcome}.
std::vector<prometheus::MetricFamily> AdmissionFamilies(
    const admission::RedisAdmissionNumbers& numbers);

/// coupon_datasource_connections{state}, coupon_datasource_timeouts_total and
/// coupon_datasource_acquire_seconds.
std::vector<prometheus::MetricFamily> PoolFamilies(const ledger::MysqlPoolNumbers& pool);

}  // namespace coupon
