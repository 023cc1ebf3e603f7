#include "common/consumer_options.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace coupon {
namespace {

Result<ConsumerServiceOptions> Load(std::vector<std::string> sets) {
    const ConfigTable table = CouponConsumerTable();
    const auto config = Config::Load(table, {.sets = std::move(sets)});
    if (!config) return std::unexpected(config.error());
    return ConsumerServiceOptions::FromConfig(*config);
}

TEST(ConsumerOptions, HaveTheDocumentedDefaults) {
    const auto options = Load({});
    ASSERT_TRUE(options) << Describe(options.error());
    EXPECT_EQ(options->server_address, "127.0.0.1");
    EXPECT_EQ(options->server_port, 8081);
    EXPECT_EQ(options->application_name, "coupon-consumer");
    EXPECT_EQ(options->consumer_batch_max, 5000u);
    EXPECT_EQ(options->consumer_threads, 4u);
    EXPECT_EQ(options->consumer_lease, std::chrono::seconds(10));
    EXPECT_FALSE(options->consumer_name.empty()) << "the machine's";
}

TEST(ConsumerOptions, RefuseNumbersOfTheConsumerBeyondTheirLimits) {
    for (const std::string set :
         {"consumer.batch_max=0", "consumer.batch_max=50001", "consumer.threads=0",
          "consumer.threads=33", "consumer.lease=999ms", "consumer.lease=601s"}) {
        const auto options = Load({set});
        ASSERT_FALSE(options) << set;
        EXPECT_EQ(options.error().code, ErrorCode::kConfiguration);
        EXPECT_EQ(options.error().field, set.substr(0, set.find('=')));
    }
}

TEST(ConsumerOptions, RefuseMoreWritersThanConnections) {
    const auto options = Load({"consumer.threads=8", "datasource.maximum_pool_size=7"});
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().field, "consumer.threads");
    EXPECT_TRUE(Load({"consumer.threads=8", "datasource.maximum_pool_size=8"}));
}

}  // namespace
}  // namespace coupon
