#include "common/metric_family.h"

#include "common/check.h"

namespace coupon {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Family(std::string name, std::string help, MetricType type) {
    return {.name = std::move(name), .help = std::move(help), .type = type, .metric = {}};
}

ClientMetric& AddSeries(MetricFamily& family, MetricType type, const MetricLabels& labels) {
    CHECK(family.type == type);
    ClientMetric& metric = family.metric.emplace_back();
    for (const auto& [name, value] : labels) metric.label.push_back({name, value});
    return metric;
}

}  // namespace

MetricFamily CounterFamily(std::string name, std::string help) {
    return Family(std::move(name), std::move(help), MetricType::Counter);
}

MetricFamily GaugeFamily(std::string name, std::string help) {
    return Family(std::move(name), std::move(help), MetricType::Gauge);
}

MetricFamily HistogramFamily(std::string name, std::string help) {
    return Family(std::move(name), std::move(help), MetricType::Histogram);
}

void AddCounter(MetricFamily& family, double value, const MetricLabels& labels) {
    AddSeries(family, MetricType::Counter, labels).counter.value = value;
}

void AddGauge(MetricFamily& family, double value, const MetricLabels& labels) {
    AddSeries(family, MetricType::Gauge, labels).gauge.value = value;
}

MetricFamily OneCounter(std::string name, std::string help, std::uint64_t value) {
    MetricFamily family = CounterFamily(std::move(name), std::move(help));
    AddCounter(family, static_cast<double>(value));
    return family;
}

MetricFamily OneGauge(std::string name, std::string help, double value) {
    MetricFamily family = GaugeFamily(std::move(name), std::move(help));
    AddGauge(family, value);
    return family;
}

MetricFamily OneHistogram(std::string name, std::string help, const HistogramTotals& totals,
                          std::span<const std::int64_t> bounds, double divisor) {
    MetricFamily family = HistogramFamily(std::move(name), std::move(help));
    AddHistogram(family, totals, bounds, divisor);
    return family;
}

void AddHistogram(MetricFamily& family, const HistogramTotals& totals,
                  std::span<const std::int64_t> bounds, double divisor,
                  const MetricLabels& labels) {
    CHECK(totals.buckets.empty() || totals.buckets.size() == bounds.size() + 1);
    ClientMetric::Histogram& histogram = AddSeries(family, MetricType::Histogram, labels).histogram;
    std::uint64_t cumulative = 0;
    // Divided and not multiplied by 1e-9: the nearest double of 0.0025 is written as 0.0025.
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        if (!totals.buckets.empty()) cumulative += totals.buckets[i];
        histogram.bucket.push_back({cumulative, static_cast<double>(bounds[i]) / divisor});
    }
    // The count is the buckets' own sum, so that it never contradicts them; the serializer adds
    // le="+Inf".
    histogram.sample_count = totals.Count();
    histogram.sample_sum = static_cast<double>(totals.sum) / divisor;
}

}  // namespace coupon
