#include "apps/distributed/services.h"

#include <gtest/gtest.h>

#include <string>

namespace coupon {
namespace {

DistributedOptions Options() {
    return {.redis_url = "rediss://redis.example:6380",
            .redis_ca_file = "/ca.pem",
            .datasource_url = "mysql://db.example:3307/shop?sslMode=VERIFY_IDENTITY",
            .datasource_ca_file = "/ledger_ca.pem",
            .datasource_username = "shop",
            .datasource_password = Password::FromText("word", "k").value(),
            .datasource_maximum_pool_size = 7,
            .datasource_max_lifetime = std::chrono::minutes(5),
            .datasource_connection_timeout = std::chrono::seconds(1)};
}

/// The key an error is about, empty when there is none.
template <class T>
std::string FieldOf(const Result<T>& result) {
    return result ? "" : result.error().field;
}

TEST(DistributedServices, HandEveryKeyOn) {
    const auto ledger = LedgerOptions(Options());
    ASSERT_TRUE(ledger) << ledger.error().detail;
    EXPECT_EQ(ledger->host, "db.example");
    EXPECT_EQ(ledger->port, 3307);
    EXPECT_EQ(ledger->database, "shop");
    EXPECT_EQ(ledger->tls, ledger::MysqlTls::kVerifyIdentity);
    EXPECT_EQ(ledger->ca_file, "/ledger_ca.pem");
    EXPECT_EQ(ledger->user, "shop");
    EXPECT_EQ(ledger->password, "word");
    EXPECT_EQ(ledger->maximum_pool_size, 7U);
    EXPECT_EQ(ledger->max_lifetime, std::chrono::minutes(5));
    EXPECT_EQ(ledger->connection_timeout, std::chrono::seconds(1));
    const auto redis = QueueOptions(Options(), "coupon-api");
    ASSERT_TRUE(redis) << redis.error().detail;
    EXPECT_TRUE(redis->url.tls);
    EXPECT_EQ(redis->ca_file, "/ca.pem");
    EXPECT_EQ(redis->client_name, "coupon-api");
}

TEST(DistributedServices, NameTheKeyThatIsWrong) {
    DistributedOptions options = Options();
    options.datasource_url = "postgres://db/shop";
    EXPECT_EQ(FieldOf(LedgerOptions(options)), "datasource.url");
    options.redis_url = "redis://redis.example";
    EXPECT_EQ(FieldOf(QueueOptions(options, "x")), "redis.ca_file") << "nothing is encrypted";
    options.redis_url = "http://redis.example";
    EXPECT_EQ(FieldOf(QueueOptions(options, "x")), "redis.url");
    EXPECT_EQ(FieldOf(CheckServices(options)), "datasource.url");
    EXPECT_TRUE(CheckServices(Options()));
}

}  // namespace
}  // namespace coupon
