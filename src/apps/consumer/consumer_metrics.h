#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admission/admission.h"
#include "queue/consumer.h"
#include "queue/queue_survey.h"
#include "queue/reconcile_gaps.h"

namespace coupon {

// What a scrape of coupon-consumer shows. Pure; any thread. What is not known is absent.

/// coupon_queue_backlog, coupon_queue_oldest_seconds and coupon_queue_unknown_coupons, over all
/// coupons: every consumer sees the same.
std::vector<prometheus::MetricFamily> QueueFamilies(
    const std::optional<queue::QueueNumbers>& queue);
/// coupon_reconcile_gap{kind}, likewise.
std::vector<prometheus::MetricFamily> GapFamilies(const std::optional<queue::ReconcileGap>& gap);
/// coupon_ledger_batch_size, coupon_ledger_commit_seconds, coupon_ledger_rows_total{result},
/// coupon_dead_letters_total{reason}, coupon_pending_deleted_total, coupon_queue_unreadable_total,
/// coupon_queue_readmitted_total and coupon_queue_retries_total, of this process.
std::vector<prometheus::MetricFamily> ConsumerFamilies(const queue::ConsumerNumbers& numbers);
/// coupon_build_info{version,ack_level} and coupon_log_dropped_total. A level that is not known is
/// no label.
std::vector<prometheus::MetricFamily> ProgramFamilies(std::string_view version,
                                                      std::optional<admission::AckLevel> level,
                                                      std::uint64_t log_dropped);

}  // namespace coupon
