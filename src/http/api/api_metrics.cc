#include "http/api/api_metrics.h"

#include <algorithm>
#include <utility>

#include "common/limits.h"
#include "common/metric_family.h"

namespace coupon::http::api {
namespace {

using admission::Outcome;

/// Outcomes of a redemption are no outcomes of a claim and get no series.
bool IsClaimOutcome(Outcome outcome) {
    return outcome <= Outcome::kClosed || outcome >= Outcome::kUnknownCoupon;
}

}  // namespace

ApiMetrics::ApiMetrics(const admission::AdmissionReader& reader, std::string version,
                       admission::AckLevel ack_level)
    : reader_(reader), version_(std::move(version)), ack_level_(ack_level) {}

ClaimMetrics& ApiMetrics::AddLoop() {
    const MutexLock lock(mutex_);
    return loops_.emplace_back();
}

std::vector<prometheus::MetricFamily> ApiMetrics::Collect() const {
    auto claims = CounterFamily("coupon_claims_total", "Claims answered, by outcome");
    auto latency =
        HistogramFamily("coupon_claim_seconds", "From a claim's last byte to its answer");
    HistogramTotals totals;
    {
        const MutexLock lock(mutex_);
        for (std::size_t i = 0; i < admission::kOutcomeCount; ++i) {
            const auto outcome = static_cast<Outcome>(i);
            if (!IsClaimOutcome(outcome)) continue;
            std::uint64_t sum = 0;
            for (const ClaimMetrics& loop : loops_) sum += loop.outcomes_[i].Value();
            AddCounter(claims, static_cast<double>(sum),
                       {{"outcome", std::string(admission::ToString(outcome))}});
        }
        for (const ClaimMetrics& loop : loops_) loop.latency_.AddTo(totals);
    }
    AddHistogram(latency, totals, kSecondsBoundsNanoseconds, kNanosecondsPerSecond);
    auto build = GaugeFamily("coupon_build_info", "Always 1; the labels say what runs");
    AddGauge(build, 1,
             {{"version", version_}, {"ack_level", std::string(admission::ToString(ack_level_))}});
    return {std::move(claims), std::move(latency), Stock(), std::move(build)};
}

prometheus::MetricFamily ApiMetrics::Stock() const {
    auto family = GaugeFamily("coupon_stock_remaining", "What is left of a limited coupon's stock");
    if (reader_.Unavailable()) return family;  // the count may be short: absent, not wrong
    CouponId after;
    std::size_t series = 0;
    while (series < limits::kStockSeriesMax) {
        const auto page = reader_.ListCoupons(after, limits::kPageSizeMax);
        for (const admission::CouponView& view : page) {
            if (!view.remaining || series == limits::kStockSeriesMax) continue;
            AddGauge(family, static_cast<double>(*view.remaining),
                     {{"coupon", std::to_string(view.coupon.id.value)}});
            ++series;
        }
        if (page.size() < limits::kPageSizeMax) break;
        after = page.back().coupon.id;
    }
    return family;
}

}  // namespace coupon::http::api
