#include "http/api/api_metrics.h"

#include <string>
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

prometheus::MetricFamily NoStock() {
    return GaugeFamily("coupon_stock_remaining", "What is left of a limited coupon's stock");
}

prometheus::MetricFamily StockOf(admission::ClaimLookup& lookup) {
    prometheus::MetricFamily family = NoStock();
    CouponId after;
    while (true) {
        const auto page = lookup.ListCoupons(after, limits::kPageSizeMax);
        if (!page) return NoStock();  // a count may be short: absent, not wrong
        for (const admission::CouponView& view : *page) {
            if (!view.remaining) continue;
            if (family.metric.size() == limits::kStockSeriesMax) return family;
            AddGauge(family, static_cast<double>(*view.remaining),
                     {{"coupon", std::to_string(view.coupon.id.value)}});
        }
        if (page->size() < limits::kPageSizeMax) return family;
        after = page->back().coupon.id;
    }
}

}  // namespace

ApiMetrics::ApiMetrics(std::string version, admission::AckLevel ack_level)
    : version_(std::move(version)), ack_level_(ack_level), stock_(NoStock()) {}

ClaimMetrics& ApiMetrics::AddLoop() {
    const MutexLock lock(mutex_);
    return loops_.emplace_back();
}

std::vector<prometheus::MetricFamily> ApiMetrics::Collect() const {
    auto claims = CounterFamily("coupon_claims_total", "Claims answered, by outcome");
    auto latency =
        HistogramFamily("coupon_claim_seconds", "From a claim's last byte to its answer");
    HistogramTotals totals;
    prometheus::MetricFamily stock;
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
        stock = stock_;
    }
    AddHistogram(latency, totals, kSecondsBoundsNanoseconds, kNanosecondsPerSecond);
    auto build = GaugeFamily("coupon_build_info", "Always 1; the labels say what runs");
    AddGauge(build, 1,
             {{"version", version_}, {"ack_level", std::string(admission::ToString(ack_level_))}});
    return {std::move(claims), std::move(latency), std::move(stock), std::move(build)};
}

void ApiMetrics::ReadStock(admission::ClaimLookup& lookup) {
    prometheus::MetricFamily stock = StockOf(lookup);
    const MutexLock lock(mutex_);
    stock_ = std::move(stock);
}

}  // namespace coupon::http::api
