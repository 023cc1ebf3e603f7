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
/// For histograms kept in nanoseconds and shown in seconds.
inline constexpr double kNanosecondsPerSecond = 1e9;

/// Families to add series to. A counter's name ends in _total, a unit's in _seconds or _bytes.
prometheus::MetricFamily CounterFamily(std::string name, std::string help);
prometheus::MetricFamily GaugeFamily(std::string name, std::string help);
prometheus::MetricFamily HistogramFamily(std::string name, std::string help);

/// Adds one series. The family must be of that kind (CHECK).
void AddCounter(prometheus::MetricFamily& family, double value, const MetricLabels& labels = {});
void AddGauge(prometheus::MetricFamily& family, double value, const MetricLabels& labels = {});
/// Families of one series without labels; a histogram's numbers as AddHistogram takes them.
prometheus::MetricFamily OneCounter(std::string name, std::string help, std::uint64_t value);
prometheus::MetricFamily OneGauge(std::string name, std::string help, double value);
prometheus::MetricFamily OneHistogram(std::string name, std::string help,
                                      const HistogramTotals& totals,
                                      std::span<const std::int64_t> bounds, double divisor);
/// `bounds` and `totals` in one unit, of which `divisor` make one of the family's
/// (kNanosecondsPerSecond, 1). Totals without buckets are written as zeros.
void AddHistogram(prometheus::MetricFamily& family, const HistogramTotals& totals,
                  std::span<const std::int64_t> bounds, double divisor,
                  const MetricLabels& labels = {});

}  // namespace coupon
