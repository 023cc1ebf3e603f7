#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "admission/embedded_admission.h"

namespace coupon {

/// coupon_ledger_commits_total{outcome}, coupon_ledger_commit_seconds, coupon_ledger_batch_size,
/// coupon_ledger_log_pages, coupon_admission_overloaded_total and coupon_admission_closed. Any
/// thread.
std::vector<prometheus::MetricFamily> LedgerFamilies(const admission::EmbeddedAdmission& admission);

}  // namespace coupon
