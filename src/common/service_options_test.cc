#include "common/service_options.h"

#include <gtest/gtest.h>

#include <string>

#include "common/config_values.h"
#include "common/limits.h"
#include "common/limits_distributed.h"
#include "tests/support/temporary_folder.h"

namespace coupon {
namespace {

const std::string kToken = "0123456789abcdef0123456789abcdef";

Result<ServiceOptions> Options(std::string profile, std::vector<std::string> sets = {}) {
    const Result<Config> config =
        Config::Load(CouponApiTable(),
                     {.profile = std::move(profile), .sets = std::move(sets), .environment = {}});
    if (!config) return std::unexpected(config.error());
    return ServiceOptions::FromConfig(*config);
}

/// The key an error is about, empty when there is none.
std::string RefusedKey(std::string profile, std::vector<std::string> sets) {
    const Result<ServiceOptions> options = Options(std::move(profile), std::move(sets));
    if (options) return "";
    EXPECT_EQ(options.error().code, ErrorCode::kConfiguration);
    EXPECT_NE(options.error().detail.find(options.error().field), std::string::npos);
    return options.error().field;
}

TEST(ServiceOptions, HaveTheDocumentedDefaults) {
    const Result<ServiceOptions> options = Options("local");
    ASSERT_TRUE(options) << options.error().detail;
    EXPECT_EQ(options->profile, Profile::kLocal);
    EXPECT_EQ(options->application_name, "coupon-api");
    EXPECT_EQ(options->server_address, "127.0.0.1");
    EXPECT_EQ(options->server_port, 8080);
    EXPECT_GE(options->server_threads, 1U);
    EXPECT_LE(options->server_threads, limits::kEventLoopsMax);
    EXPECT_EQ(options->server_max_connections, 20'000U);
    EXPECT_EQ(options->data_dir, "./data");
    EXPECT_EQ(options->admission_store, AdmissionStore::kEmbedded);
    EXPECT_EQ(options->admission_reply_after, ReplyAfter::kAdmission);
    EXPECT_EQ(options->admission_reply_timeout, std::chrono::seconds(5));
    EXPECT_EQ(options->admission_wait_max, std::chrono::seconds(2));
    EXPECT_EQ(options->cache_ttl, std::chrono::seconds(10));
    EXPECT_EQ(options->cache_entries_max, 1000U);
    EXPECT_EQ(options->queue_backlog_max, limits::kBacklogClaimsDefault);
    EXPECT_FALSE(options->operator_token || options->service_token);
    EXPECT_EQ(options->log.level, LogLevel::kInfo);
    EXPECT_EQ(options->log.format, LogFormatChoice::kAuto);
    EXPECT_EQ(options->shutdown_grace, std::chrono::seconds(10));
    EXPECT_EQ(options->shutdown_readiness_delay, std::chrono::seconds(0));
    EXPECT_FALSE(options->demo_coupon);
}

TEST(ServiceOptions, ProdNeedsBothTokensAndListensEverywhere) {
    const support::TemporaryFolder folder;
    const std::string operator_file = "operator.token_file=" + folder.Write("o", kToken).string();
    const std::string service_file =
        "service.token_file=" + folder.Write("s", kToken + "\n").string();
    EXPECT_EQ(RefusedKey("prod", {}), "operator.token_file");
    EXPECT_EQ(RefusedKey("prod", {operator_file}), "service.token_file");
    EXPECT_EQ(RefusedKey("prod", {service_file}), "operator.token_file");
    // Loopback is no excuse.
    EXPECT_EQ(RefusedKey("prod", {"server.address=127.0.0.1"}), "operator.token_file");
    const Result<ServiceOptions> options = Options("prod", {operator_file, service_file});
    ASSERT_TRUE(options) << options.error().detail;
    EXPECT_EQ(options->server_address, "0.0.0.0");
    EXPECT_EQ(options->admission_store, AdmissionStore::kRedis);
    EXPECT_EQ(options->distributed->ledger_migrate, LedgerMigration::kCheck);
    EXPECT_EQ(options->log.format, LogFormatChoice::kJson);
    EXPECT_TRUE(options->operator_token->Matches(kToken));
    EXPECT_TRUE(options->service_token->Matches(kToken));
}

TEST(ServiceOptions, OtherProfilesServeLoopbackOnlyWithoutTokens) {
    const support::TemporaryFolder folder;
    const std::string operator_file = "operator.token_file=" + folder.Write("o", kToken).string();
    const std::string service_file = "service.token_file=" + folder.Write("s", kToken).string();
    for (const std::string profile : {"local", "test"}) {
        for (const std::string address : {"127.0.0.1", "127.8.8.8", "::1"}) {
            EXPECT_EQ(RefusedKey(profile, {"server.address=" + address}), "");
        }
        for (const std::string address : {"0.0.0.0", "10.0.0.1", "::", "126.0.0.1", "128.0.0.1"}) {
            EXPECT_EQ(RefusedKey(profile, {"server.address=" + address}), "server.address");
            EXPECT_EQ(RefusedKey(profile, {"server.address=" + address, operator_file}),
                      "server.address");
            EXPECT_EQ(
                RefusedKey(profile, {"server.address=" + address, operator_file, service_file}),
                "");
        }
    }
}

TEST(ServiceOptions, RefuseAddressesThatAreNotNumeric) {
    for (const std::string address :
         {"localhost", "1.2.3", "127.0.0.1:80", "[::1]", "127.0.0.1 "}) {
        EXPECT_EQ(RefusedKey("local", {"server.address=" + address}), "server.address") << address;
    }
}

TEST(ServiceOptions, RefuseTokenFilesThatAreShortOpenOrAbsent) {
    const support::TemporaryFolder folder;
    const std::filesystem::path file = folder.Write("token", kToken.substr(1));
    EXPECT_EQ(RefusedKey("local", {"operator.token_file=" + file.string()}), "operator.token_file");
    folder.Write("token", kToken);
    EXPECT_EQ(RefusedKey("local", {"service.token_file=" + file.string()}), "");
    std::filesystem::permissions(file, std::filesystem::perms(0644));
    EXPECT_EQ(RefusedKey("local", {"service.token_file=" + file.string()}), "service.token_file");
    EXPECT_EQ(RefusedKey("local", {"service.token_file=/nonexistent/x"}), "service.token_file");
}

TEST(ServiceOptions, RefuseNumbersBeyondTheirLimits) {
    using std::chrono::milliseconds;
    const std::vector<std::pair<std::string, std::pair<std::int64_t, std::string>>> most = {
        {"server.threads", {std::int64_t{limits::kEventLoopsMax}, ""}},
        {"server.max_connections", {limits::kConnectionsMax, ""}},
        {"admission.wait_max", {milliseconds(limits::kClaimWaitMax).count(), "ms"}},
        {"admission.reply_timeout", {milliseconds(limits::kReplyTimeoutMax).count(), "ms"}},
        {"cache.ttl", {milliseconds(limits::kCacheTtlMax).count(), "ms"}},
        {"cache.max_entries", {limits::kCacheEntriesMax, ""}},
        {"queue.backlog_max", {limits::kBacklogClaimsMax, ""}},
        {"datasource.maximum_pool_size", {std::int64_t{limits::kMysqlPoolSizeMax}, ""}},
        {"datasource.max_lifetime", {milliseconds(limits::kMysqlLifetimeMax).count(), "ms"}},
        {"datasource.connection_timeout",
         {milliseconds(limits::kMysqlConnectionTimeoutMax).count(), "ms"}},
        {"shutdown.grace", {milliseconds(limits::kShutdownMax).count(), "ms"}},
        {"shutdown.readiness_delay", {milliseconds(limits::kShutdownMax).count(), "ms"}},
    };
    for (const auto& [key, value] : most) {
        const auto& [number, unit] = value;
        EXPECT_EQ(RefusedKey("local", {key + "=" + std::to_string(number) + unit}), "");
        EXPECT_EQ(RefusedKey("local", {key + "=" + std::to_string(number + 1) + unit}), key);
    }
}

TEST(ServiceOptions, ReadTheDistributedModesKeysOnlyWhereItIsOn) {
    const Result<ServiceOptions> embedded = Options("local", {"datasource.password_file=/no/x"});
    ASSERT_TRUE(embedded) << embedded.error().detail;
    EXPECT_FALSE(embedded->distributed);
    const std::string redis = "admission.store=redis";
    EXPECT_EQ(RefusedKey("local", {redis, "datasource.password_file=/no/x"}),
              "datasource.password_file");
    const Result<ServiceOptions> options =
        Options("local", {redis, "admission.reply_after=ledger", "redis.url=redis://h:1"});
    ASSERT_TRUE(options) << options.error().detail;
    EXPECT_EQ(options->admission_store, AdmissionStore::kRedis);
    EXPECT_EQ(options->admission_reply_after, ReplyAfter::kLedger);
    EXPECT_EQ(options->distributed->redis_url, "redis://h:1");
}

TEST(ServiceOptions, HaveADemoCouponInTheEmbeddedStoreOnly) {
    EXPECT_EQ(RefusedKey("local", {"demo.coupon=true"}), "");
    EXPECT_EQ(RefusedKey("local", {"demo.coupon=true", "admission.store=redis"}), "demo.coupon");
    EXPECT_EQ(RefusedKey("local", {"admission.store=redis"}), "");
}

TEST(ServiceOptions, TakeEveryKeyFromTheEnvironment) {
    for (const ConfigOption& option : CouponApiTable().options) {
        const std::string text = std::string(option.default_text);
        const Result<Config> config = Config::Load(
            CouponApiTable(), {.environment = {{EnvironmentNameOf(option.key), text}}});
        ASSERT_TRUE(config) << config.error().detail;
        EXPECT_TRUE(config->OriginOf(option.key).starts_with("environment COUPON_"));
    }
}

TEST(ServiceOptions, HaveTheKeysOfTheDesign) {
    std::vector<std::string_view> keys;
    for (const ConfigOption& option : CouponApiTable().options) keys.push_back(option.key);
    EXPECT_EQ(keys, (std::vector<std::string_view>{"server.address",
                                                   "server.port",
                                                   "server.threads",
                                                   "server.max_connections",
                                                   "data.dir",
                                                   "admission.store",
                                                   "admission.wait_max",
                                                   "admission.reply_after",
                                                   "admission.reply_timeout",
                                                   "cache.ttl",
                                                   "cache.max_entries",
                                                   "queue.backlog_max",
                                                   "redis.url",
                                                   "redis.ca_file",
                                                   "datasource.url",
                                                   "datasource.ca_file",
                                                   "datasource.username",
                                                   "datasource.password_file",
                                                   "datasource.maximum_pool_size",
                                                   "datasource.max_lifetime",
                                                   "datasource.connection_timeout",
                                                   "ledger.migrate",
                                                   "operator.token_file",
                                                   "service.token_file",
                                                   "log.level",
                                                   "log.format",
                                                   "shutdown.grace",
                                                   "shutdown.readiness_delay",
                                                   "application.name",
                                                   "demo.coupon"}));
}

}  // namespace
}  // namespace coupon
