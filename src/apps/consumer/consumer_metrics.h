#pragma once

#include <prometheus/metric_family.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/transport_stats.h"
#include "ledger/mysql_pool.h"
#include "queue/consumer.h"
#include "queue/queue_survey.h"

namespace coupon {

// What a scrape of coupon-consumer shows. Pure; any thread. What is not known is absent.

/// coupon_queue_backlog and coupon_queue_oldest_seconds, over all coupons: every consumer sees the
/// same.
std::vector<prometheus::MetricFamily> QueueFamilies(
    const std::optional<queue::QueueNumbers>& queue);
/// coupon_ledger_batch_size, coupon_ledger_commit_seconds, coupon_ledger_rows_total{result},
/// coupon_dead_letters_total{reason}, coupon_pending_deleted_total, coupon_queue_unreadable_total,
/// coupon_queue_readmitted_total and coupon_queue_retries_total, of this process.
std::vector<prometheus::MetricFamily> ConsumerFamilies(const queue::ConsumerNumbers& numbers);
/// coupon_datasource_connections{state}, coupon_datasource_timeouts_total and
/// coupon_datasource_acquire_seconds.
std::vector<prometheus::MetricFamily> DatasourceFamilies(const ledger::MysqlPoolNumbers& pool);
/// coupon_build_info, coupon_log_dropped_total, http_server_connections_current and _max.
std::vector<prometheus::MetricFamily> ProgramFamilies(std::string_view version,
                                                      std::uint64_t log_dropped,
                                                      const http::TransportTotals& http);

}  // namespace coupon
