#include "common/metrics_registry.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "common/metric_family.h"

namespace coupon {
namespace {

constexpr std::array<std::int64_t, 2> kBounds = {1'000'000, 5'000'000};

class OneGauge final : public prometheus::Collectable {
public:
    std::vector<prometheus::MetricFamily> Collect() const override {
        prometheus::MetricFamily family = GaugeFamily("b_bytes", "B");
        AddGauge(family, 4, {{"kind", "a\"b\\c\nd"}});
        return {family};
    }
};

TEST(MetricsRegistry, RendersNothingFromNothing) { EXPECT_EQ(MetricsRegistry("api").Render(), ""); }

TEST(MetricsRegistry, LabelsEverySeriesWithTheApplicationAndSortsByName) {
    MetricsRegistry registry("api");
    const OneGauge gauge;
    registry.Register(gauge);
    registry.Register([] {
        prometheus::MetricFamily family = CounterFamily("a_total", "A");
        AddCounter(family, 1, {{"outcome", "ok"}});
        AddCounter(family, 2, {{"outcome", "bad"}});
        return std::vector{family};
    });
    EXPECT_EQ(registry.Render(),
              "# HELP a_total A\n"
              "# TYPE a_total counter\n"
              "a_total{application=\"api\",outcome=\"ok\"} 1\n"
              "a_total{application=\"api\",outcome=\"bad\"} 2\n"
              "# HELP b_bytes B\n"
              "# TYPE b_bytes gauge\n"
              "b_bytes{application=\"api\",kind=\"a\\\"b\\\\c\\nd\"} 4\n");
}

TEST(MetricsRegistry, MergesFamiliesOfOneName) {
    MetricsRegistry registry("api");
    for (const char* part : {"x", "y"}) {
        registry.Register([part] {
            prometheus::MetricFamily family = CounterFamily("a_total", "A");
            AddCounter(family, 1, {{"part", part}});
            return std::vector{family};
        });
    }
    EXPECT_EQ(registry.Render(),
              "# HELP a_total A\n"
              "# TYPE a_total counter\n"
              "a_total{application=\"api\",part=\"x\"} 1\n"
              "a_total{application=\"api\",part=\"y\"} 1\n");
}

TEST(MetricsRegistry, WritesHistogramsCumulativelyInTheFamilysUnit) {
    MetricsRegistry registry("api");
    registry.Register([] {
        prometheus::MetricFamily family = HistogramFamily("h_seconds", "H");
        AddHistogram(family, {.buckets = {2, 3, 1}, .sum = 12'000'000}, kBounds,
                     kNanosecondsPerSecond);
        return std::vector{family};
    });
    EXPECT_EQ(registry.Render(),
              "# HELP h_seconds H\n"
              "# TYPE h_seconds histogram\n"
              "h_seconds_count{application=\"api\"} 6\n"
              "h_seconds_sum{application=\"api\"} 0.012\n"
              "h_seconds_bucket{application=\"api\",le=\"0.001\"} 2\n"
              "h_seconds_bucket{application=\"api\",le=\"0.005\"} 5\n"
              "h_seconds_bucket{application=\"api\",le=\"+Inf\"} 6\n");
}

TEST(MetricsRegistry, WritesBoundsWithoutRoundingNoise) {
    MetricsRegistry registry("api");
    registry.Register([] {
        prometheus::MetricFamily family = HistogramFamily("h_seconds", "H");
        AddHistogram(family, {}, kSecondsBoundsNanoseconds, kNanosecondsPerSecond);
        return std::vector{family};
    });
    const std::string text = registry.Render();
    for (const char* bound : {"5e-05", "0.0001", "0.00025", "0.0005", "0.001", "0.0025", "0.005",
                              "0.01", "0.025", "0.1", "0.5", "1", "2.5", "10", "+Inf"}) {
        EXPECT_NE(text.find("le=\"" + std::string(bound) + "\""), std::string::npos)
            << bound << text;
    }
}

TEST(MetricsRegistry, WritesAHistogramWithoutCellsAsZeros) {
    MetricsRegistry registry("api");
    registry.Register([] {
        prometheus::MetricFamily family = HistogramFamily("h_seconds", "H");
        AddHistogram(family, {}, kBounds, kNanosecondsPerSecond);
        return std::vector{family};
    });
    EXPECT_NE(registry.Render().find("h_seconds_bucket{application=\"api\",le=\"+Inf\"} 0\n"),
              std::string::npos);
}

TEST(MetricsRegistry, WritesWhatIsNotKnownAsNaN) {
    MetricsRegistry registry("api");
    registry.Register([] {
        prometheus::MetricFamily family = GaugeFamily("g", "G");
        AddGauge(family, kUnknownValue);
        return std::vector{family};
    });
    EXPECT_NE(registry.Render().find("g{application=\"api\"} NaN\n"), std::string::npos)
        << registry.Render();
}

TEST(MetricsRegistry, LeavesOutFamiliesWithoutSeries) {
    MetricsRegistry registry("api");
    registry.Register([] { return std::vector{GaugeFamily("g", "G")}; });
    EXPECT_EQ(registry.Render(), "");
}

TEST(MetricsRegistryDeathTest, RefusesOneNameOfTwoKinds) {
    MetricsRegistry registry("api");
    registry.Register([] { return std::vector{GaugeFamily("a", "A"), CounterFamily("a", "A")}; });
    EXPECT_DEATH(registry.Render(), "CHECK failed");
    prometheus::MetricFamily family = GaugeFamily("a", "A");
    EXPECT_DEATH(AddCounter(family, 1), "CHECK failed");
}

}  // namespace
}  // namespace coupon
