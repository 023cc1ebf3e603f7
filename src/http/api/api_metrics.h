#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <array>
#include <chrono>
#include <deque>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "admission/claim_lookup.h"
#include "common/metric_cells.h"
#include "common/mutex.h"

namespace coupon::http::api {

/// One loop's counts of claims. The loop's thread writes, any thread reads.
class ClaimMetrics {
public:
    /// The loop's thread. `latency` is from the request's last byte to its answer.
    void Count(admission::Outcome outcome, std::chrono::nanoseconds latency) {
        outcomes_[static_cast<std::size_t>(outcome)].Add();
        latency_.Record(latency.count());
    }

private:
    friend class ApiMetrics;

    std::array<CounterCell, admission::kOutcomeCount> outcomes_;
    HistogramCell latency_{kSecondsBoundsNanoseconds};
};

/// coupon_claims_total{outcome}, coupon_claim_seconds, coupon_stock_remaining{coupon} (limited
/// coupons that are no rehearsal, the first limits::kStockSeriesMax by id) and
/// coupon_build_info{version,ack_level}. Thread-safe.
class ApiMetrics final : public prometheus::Collectable {
public:
    ApiMetrics(std::string version, admission::AckLevel ack_level);

    /// The counts of one more loop; they live as long as this object.
    ClaimMetrics& AddLoop();

    /// Reads what coupon_stock_remaining tells from now on; where it cannot be told the family is
    /// empty. Blocks as `lookup` does.
    void ReadStock(admission::ClaimLookup& lookup);

    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    const std::string version_;
    const admission::AckLevel ack_level_;
    mutable Mutex mutex_;
    std::deque<ClaimMetrics> loops_ GUARDED_BY(mutex_);
    prometheus::MetricFamily stock_ GUARDED_BY(mutex_);
};

}  // namespace coupon::http::api
