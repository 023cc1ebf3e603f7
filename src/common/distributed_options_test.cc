#include "common/distributed_options.h"

#include <gtest/gtest.h>

#include <string>

#include "common/limits_distributed.h"
#include "tests/support/temporary_folder.h"

namespace coupon {
namespace {

Result<DistributedOptions> Options(std::vector<std::string> sets = {},
                                   std::string profile = "local") {
    const ConfigTable table{.program = "test", .options = DistributedOptionsOfTable()};
    const Result<Config> config = Config::Load(
        table, {.profile = std::move(profile), .sets = std::move(sets), .environment = {}});
    if (!config) return std::unexpected(config.error());
    return DistributedOptions::FromConfig(*config);
}

/// The key an error is about, empty when there is none.
std::string RefusedKey(std::vector<std::string> sets) {
    const Result<DistributedOptions> options = Options(std::move(sets));
    if (options) return "";
    EXPECT_EQ(options.error().code, ErrorCode::kConfiguration);
    EXPECT_NE(options.error().detail.find(options.error().field), std::string::npos);
    return options.error().field;
}

TEST(DistributedOptions, HaveTheDocumentedDefaults) {
    const Result<DistributedOptions> options = Options();
    ASSERT_TRUE(options) << options.error().detail;
    EXPECT_EQ(options->redis_url, "redis://127.0.0.1:6380");
    EXPECT_TRUE(options->redis_ca_file.empty());
    EXPECT_EQ(options->datasource_url, "mysql://127.0.0.1:3306/coupon");
    EXPECT_EQ(options->datasource_username, "root");
    EXPECT_TRUE(options->datasource_ca_file.empty());
    EXPECT_FALSE(options->datasource_password);
    EXPECT_EQ(options->datasource_maximum_pool_size, limits::kMysqlPoolSizeDefault);
    EXPECT_EQ(options->datasource_max_lifetime, limits::kMysqlLifetimeDefault);
    EXPECT_EQ(options->datasource_connection_timeout, limits::kMysqlConnectionTimeoutDefault);
    EXPECT_EQ(options->ledger_migrate, LedgerMigration::kAuto);
}

TEST(DistributedOptions, LeaveTheSchemaToTheOperatorInProd) {
    EXPECT_EQ(Options({}, "prod")->ledger_migrate, LedgerMigration::kCheck);
    EXPECT_EQ(Options({"ledger.migrate=auto"}, "prod")->ledger_migrate, LedgerMigration::kAuto);
}

TEST(DistributedOptions, NameTheKeyThatIsWrong) {
    for (const std::string key : {"redis.url", "datasource.url", "datasource.username"}) {
        EXPECT_EQ(RefusedKey({key + "="}), key);
    }
    EXPECT_EQ(RefusedKey({"datasource.password_file=/nonexistent/x"}), "datasource.password_file");
    EXPECT_EQ(RefusedKey({"datasource.max_lifetime=3s"}), "datasource.max_lifetime");
    EXPECT_EQ(RefusedKey({"datasource.max_lifetime=3001ms"}), "");
    EXPECT_EQ(RefusedKey({"datasource.maximum_pool_size=1"}), "datasource.maximum_pool_size");
    EXPECT_EQ(RefusedKey({"datasource.maximum_pool_size=2"}), "");
    EXPECT_EQ(RefusedKey({"ledger.migrate=never"}), "ledger.migrate");
}

TEST(DistributedOptions, ReadThePasswordFromItsFile) {
    const support::TemporaryFolder folder;
    const Result<DistributedOptions> options =
        Options({"datasource.password_file=" + folder.Write("p", "s3cret word\n").string()});
    ASSERT_TRUE(options) << options.error().detail;
    EXPECT_STREQ(options->datasource_password->Reveal(), "s3cret word");
}

TEST(DistributedOptions, DoNotPrintTheUrlThatMayHoldAPassword) {
    const ConfigTable table{.program = "test", .options = DistributedOptionsOfTable()};
    const Result<Config> config =
        Config::Load(table, {.sets = {"redis.url=redis://:hunter2@h"}, .environment = {}});
    ASSERT_TRUE(config);
    EXPECT_EQ(config->Describe().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace coupon
