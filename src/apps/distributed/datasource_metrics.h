#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "ledger/mysql_pool.h"

namespace coupon {

/// What a scrape of either program shows of its pool: coupon_datasource_connections{state},
/// coupon_datasource_timeouts_total and coupon_datasource_acquire_seconds. Pure; any thread.
std::vector<prometheus::MetricFamily> DatasourceFamilies(const ledger::MysqlPoolNumbers& pool);

}  // namespace coupon
