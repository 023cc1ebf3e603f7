#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/metric_cells.h"

namespace coupon {

/// name, value
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

/// What a meter says that is not known. Never 0.
inline constexpr double kUnknownValue = std::numeric_limits<double>::quiet_NaN();
/// Seconds in a nanosecond, for histograms kept in nanoseconds.
inline constexpr double kNanosecondSeconds = 1e-9;

/// Families to add series to. A counter's name ends in _total, a unit's in _seconds or _bytes.
prometheus::MetricFamily CounterFamily(std::string name, std::string help);
prometheus::MetricFamily GaugeFamily(std::string name, std::string help);
prometheus::MetricFamily HistogramFamily(std::string name, std::string help);

/// Adds one series. The family must be of that kind (CHECK).
void AddCounter(prometheus::MetricFamily& family, double value, const MetricLabels& labels = {});
void AddGauge(prometheus::MetricFamily& family, double value, const MetricLabels& labels = {});
/// `bounds` and `totals` in one unit; `scale` turns it into the family's (kNanosecondSeconds, 1).
/// Totals without buckets are written as zeros.
void AddHistogram(prometheus::MetricFamily& family, const HistogramTotals& totals,
                  std::span<const std::int64_t> bounds, double scale,
                  const MetricLabels& labels = {});

}  // namespace coupon
