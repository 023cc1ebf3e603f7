#include "apps/consumer/consumer_metrics.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "apps/distributed/datasource_metrics.h"
#include "apps/distributed/redis_metrics.h"
#include "common/metrics_registry.h"
#include "http/api/http_metrics.h"
#include "http/api/routes.h"

namespace coupon {
namespace {

/// The series of a scrape without their values.
std::string NamesAndLabels(const MetricsRegistry& registry) {
    std::set<std::string> names;
    std::istringstream text(registry.Render());
    for (std::string line; std::getline(text, line);) {
        if (!line.starts_with('#')) names.insert(line.substr(0, line.rfind(' ')));
    }
    std::string all;
    for (const std::string& name : names) all += name + "\n";
    return all;
}

void ExpectGolden(const std::string& name, const std::string& actual) {
    const std::filesystem::path file = std::filesystem::path(COUPON_GOLDEN_DIR) / name;
    if (std::getenv("COUPON_UPDATE_GOLDEN") != nullptr) {
        std::ofstream(file, std::ios::binary) << actual;
    }
    std::ifstream stream(file, std::ios::binary);
    ASSERT_TRUE(stream) << file << " is missing; COUPON_UPDATE_GOLDEN=1 writes it";
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stream), {}), actual) << file;
}

TEST(ConsumerMetrics, NamesAndLabelsAreGolden) {
    MetricsRegistry registry("coupon-consumer");
    registry.Register([] {
        return QueueFamilies(
            queue::QueueNumbers{.backlog = 0, .oldest = std::chrono::milliseconds(0)});
    });
    registry.Register([] { return GapFamilies(queue::ReconcileGap{}); });
    registry.Register([] { return ConsumerFamilies({}); });
    registry.Register([] { return DatasourceFamilies({}); });
    registry.Register([] { return RedisFamilies({}); });
    registry.Register([] {
        const auto route = static_cast<std::uint16_t>(http::api::RouteId::kMetrics);
        const std::vector<http::RequestStatsRow> rows = {{.route = route, .status = 200}};
        return http::api::HttpFamilies(rows, {});
    });
    registry.Register([] { return ProgramFamilies("0.1.0", admission::AckLevel::kDurable, 0); });
    ExpectGolden("consumer_metrics.txt", NamesAndLabels(registry));
}

TEST(ConsumerMetrics, SayNothingAboutAQueueThatIsNotKnown) {
    EXPECT_TRUE(QueueFamilies(std::nullopt).empty());
    EXPECT_TRUE(GapFamilies(std::nullopt).empty());
    const auto unknown = QueueFamilies(queue::QueueNumbers{.unknown_coupons = 3});
    ASSERT_EQ(unknown.size(), 1u);
    EXPECT_EQ(unknown[0].name, "coupon_queue_unknown_coupons");
    EXPECT_EQ(unknown[0].metric.at(0).gauge.value, 3);
}

TEST(ConsumerMetrics, TellEachNumberOfAQueueThatIsKnown) {
    const auto families = QueueFamilies(
        queue::QueueNumbers{.backlog = 12, .oldest = std::chrono::milliseconds(1500)});
    ASSERT_EQ(families.size(), 3u);
    EXPECT_EQ(families[1].metric.at(0).gauge.value, 12);
    EXPECT_EQ(families[2].metric.at(0).gauge.value, 1.5);
    const auto gap = GapFamilies(queue::ReconcileGap{.not_in_ledger = 4, .not_admitted = 5});
    ASSERT_EQ(gap.size(), 1u);
    EXPECT_EQ(gap[0].metric.at(0).gauge.value, 4);
    EXPECT_EQ(gap[0].metric.at(1).gauge.value, 5);
}

TEST(ConsumerMetrics, LeaveOutAnAcknowledgementLevelThatIsNotKnown) {
    const auto families = ProgramFamilies("0.1.0", std::nullopt, 0);
    EXPECT_EQ(families.at(0).metric.at(0).label.size(), 1u);
}

}  // namespace
}  // namespace coupon
