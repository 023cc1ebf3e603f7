#include "apps/consumer/consumer_metrics.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

#include "apps/distributed/datasource_metrics.h"
#include "common/metrics_registry.h"

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
    registry.Register([] { return QueueFamilies(queue::QueueNumbers{}); });
    registry.Register([] { return ConsumerFamilies({}); });
    registry.Register([] { return DatasourceFamilies({}); });
    registry.Register([] { return ProgramFamilies("0.1.0", 0, {}); });
    ExpectGolden("consumer_metrics.txt", NamesAndLabels(registry));
}

TEST(ConsumerMetrics, SaysNothingAboutAQueueItDoesNotKnow) {
    EXPECT_TRUE(QueueFamilies(std::nullopt).empty());
    const auto families = QueueFamilies(
        queue::QueueNumbers{.backlog = 12, .oldest = std::chrono::milliseconds(1500)});
    ASSERT_EQ(families.size(), 2u);
    EXPECT_EQ(families[0].metric.at(0).gauge.value, 12);
    EXPECT_EQ(families[1].metric.at(0).gauge.value, 1.5);
}

}  // namespace
}  // namespace coupon
