#include "ledger/mysql_pool.h"
#include "common/limits_distributed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "ledger/mysql_test_database.h"

namespace coupon::ledger {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class MysqlPoolTest : public MysqlTestDatabase {
protected:
    static std::uint64_t SessionOf(MysqlPool& pool) {
        auto lease = pool.Take();
        EXPECT_TRUE(lease) << Describe(lease.error());
        return lease ? (*lease)->SessionId() : 0;
    }
    static std::function<void(MysqlOptions&)> OfSize(std::size_t size) {
        return [size](MysqlOptions& options) {
            options.maximum_pool_size = size;
            options.connection_timeout = milliseconds(100);
        };
    }
    /// `pool` could not be made, because of this key.
    void ExpectRefused(const std::function<void(MysqlOptions&)>& change, std::string_view key) {
        MysqlOptions options = Options();
        change(options);
        const auto pool = MysqlPool::Create(options);
        ASSERT_FALSE(pool) << key;
        EXPECT_EQ(pool.error().code, ErrorCode::kConfiguration);
        EXPECT_EQ(pool.error().field, key);
    }
};

TEST_F(MysqlPoolTest, BoundsItsSettings) {
    using O = MysqlOptions;
    ExpectRefused([](O& o) { o.maximum_pool_size = limits::kMysqlPoolSizeMin - 1; },
                  "datasource.maximum_pool_size");
    ExpectRefused([](O& o) { o.maximum_pool_size = limits::kMysqlPoolSizeMax + 1; },
                  "datasource.maximum_pool_size");
    ExpectRefused([](O& o) { o.ca_file = "/ca.pem"; }, "datasource.ca_file");
    ExpectRefused([](O& o) { o.max_lifetime = milliseconds(0); }, "datasource.max_lifetime");
    ExpectRefused([](O& o) { o.max_lifetime = limits::kMysqlLifetimeMax + milliseconds(1); },
                  "datasource.max_lifetime");
    ExpectRefused([](O& o) { o.connection_timeout = milliseconds(0); },
                  "datasource.connection_timeout");
    ExpectRefused(
        [](O& o) { o.connection_timeout = limits::kMysqlConnectionTimeoutMax + milliseconds(1); },
        "datasource.connection_timeout");
    EXPECT_NE(MakePool([](O& o) {
                  o.maximum_pool_size = limits::kMysqlPoolSizeMax;
                  o.max_lifetime = limits::kMysqlLifetimeMax;
                  o.connection_timeout = limits::kMysqlConnectionTimeoutMax;
              }),
              nullptr);
}

TEST_F(MysqlPoolTest, ConnectsWhenItIsAskedToAndKeepsWhatComesBack) {
    const auto pool = MakePool();
    EXPECT_EQ(pool->Numbers().created, 0u);
    EXPECT_EQ(SessionOf(*pool), SessionOf(*pool));
    const MysqlPoolNumbers numbers = pool->Numbers();
    EXPECT_EQ(numbers.created, 1u);
    EXPECT_EQ(numbers.active, 0u);
    EXPECT_EQ(numbers.idle, 1u);
    EXPECT_EQ(numbers.max, limits::kMysqlPoolSizeDefault);
    EXPECT_EQ(numbers.acquire.Count(), 2u);
    EXPECT_EQ(numbers.usage.Count(), 2u);
}

TEST_F(MysqlPoolTest, LendsNoMoreThanItsSizeAndSaysSo) {
    const auto pool = MakePool(OfSize(2));
    const auto first = pool->Take();
    const auto second = pool->Take();
    const auto third = pool->Take();
    ASSERT_TRUE(first && second);
    ASSERT_FALSE(third);
    EXPECT_EQ(third.error().code, ErrorCode::kUnavailable);
    EXPECT_TRUE(third.error().retry_is_safe);
    EXPECT_THAT(third.error().detail, HasSubstr("none of the 2 connections"));
    EXPECT_THAT(third.error().detail, HasSubstr("within 100ms (datasource.connection_timeout)"));
    const MysqlPoolNumbers numbers = pool->Numbers();
    EXPECT_EQ(numbers.active, 2u);
    EXPECT_EQ(numbers.timeouts, 1u);
    EXPECT_EQ(numbers.pending, 0u);
}

TEST_F(MysqlPoolTest, LendsWhatComesBackToWhoWaits) {
    const auto pool = MakePool([](MysqlOptions& o) { o.maximum_pool_size = 2; });
    const auto kept = pool->Take();
    auto lease = pool->Take();
    ASSERT_TRUE(kept && lease);
    const std::uint64_t session = (*lease)->SessionId();
    std::uint64_t seen = 0;
    std::thread waiter([&] { seen = SessionOf(*pool); });
    EXPECT_TRUE(Eventually([&] { return pool->Numbers().pending == 1; }));
    {
        const MysqlLease back = *std::move(lease);
    }
    waiter.join();
    EXPECT_EQ(seen, session);
}

TEST_F(MysqlPoolTest, GivesEachThreadAConnectionOfItsOwn) {
    const auto pool = MakePool([](MysqlOptions& o) { o.maximum_pool_size = 3; });
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 20; ++round) {
                auto lease = pool->Take();
                ASSERT_TRUE(lease) << Describe(lease.error());
                const std::string id = std::to_string((*lease)->SessionId());
                EXPECT_EQ(Must((*lease)->QueryRow("SELECT CONNECTION_ID()"))->front(), id);
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_LE(pool->Numbers().created, 3u);
    EXPECT_EQ(pool->Numbers().usage.Count(), 160u);
}

TEST_F(MysqlPoolTest, ReplacesAConnectionBeyondItsLifetime) {
    constexpr milliseconds kLifetime(200);
    const auto pool = MakePool([&](MysqlOptions& o) { o.max_lifetime = kLifetime; });
    const std::uint64_t idle = SessionOf(*pool);
    auto made = std::chrono::steady_clock::now();
    const auto is_over = [&] { return std::chrono::steady_clock::now() > made + kLifetime; };
    EXPECT_TRUE(Eventually(is_over));
    {
        const auto lease = pool->Take();
        ASSERT_TRUE(lease);
        EXPECT_NE((*lease)->SessionId(), idle) << "one that waited";
        made = std::chrono::steady_clock::now();
        EXPECT_TRUE(Eventually(is_over));
    }
    EXPECT_EQ(pool->Numbers().idle, 0u) << "one that comes back";
}

TEST_F(MysqlPoolTest, ClosesWhatComesBackBrokenOrInTheMiddleOfATransaction) {
    const auto pool = MakePool();
    Sql("CREATE TABLE t (i int PRIMARY KEY)");
    {
        auto lease = pool->Take();
        ASSERT_TRUE(lease);
        Must((*lease)->Begin());
        Must((*lease)->Execute("INSERT INTO t VALUES (1)"));
    }
    EXPECT_EQ(pool->Numbers().idle, 0u);
    {
        auto lease = pool->Take();
        ASSERT_TRUE(lease);
        (*lease)->SetBroken();
    }
    EXPECT_EQ(pool->Numbers().idle, 0u);
    EXPECT_EQ(Sql("SELECT count(*) FROM t"), "0\n");
    EXPECT_EQ(pool->Numbers().created, 2u);
}

TEST_F(MysqlPoolTest, AsksAConnectionThatWasIdleWhetherItLives) {
    EXPECT_EQ(MysqlOptions{}.idle_unchecked, limits::kMysqlIdleUnchecked);
    const auto pool = MakePool([](MysqlOptions& o) { o.idle_unchecked = milliseconds(0); });
    const std::uint64_t session = SessionOf(*pool);
    Sql("KILL " + std::to_string(session));
    EXPECT_NE(SessionOf(*pool), session);
    EXPECT_EQ(pool->Numbers().created, 2u);
}

TEST_F(MysqlPoolTest, DoesNotAskOneThatWasUsedJustNow) {
    const auto pool = MakePool([](MysqlOptions& o) { o.idle_unchecked = std::chrono::hours(1); });
    const std::uint64_t session = SessionOf(*pool);
    Sql("KILL " + std::to_string(session));
    EXPECT_EQ(SessionOf(*pool), session);
}

TEST_F(MysqlPoolTest, GivesAServerThatStandsStillOnlyItsTime) {
    const auto pool = MakePool([](MysqlOptions& o) {
        o.connection_timeout = std::chrono::seconds(1);
        o.idle_unchecked = milliseconds(0);
    });
    SessionOf(*pool);
    const auto start = std::chrono::steady_clock::now();
    Server().Pause();
    const auto lease = pool->Take();
    Server().Resume();
    ASSERT_FALSE(lease);
    EXPECT_EQ(lease.error().code, ErrorCode::kUnavailable);
    EXPECT_LT(std::chrono::steady_clock::now() - start, Options().silence / 2);
}

TEST_F(MysqlPoolTest, ComesBackWithItsServer) {
    const auto pool = MakePool([](MysqlOptions& o) { o.idle_unchecked = milliseconds(0); });
    {
        const auto first = pool->Take();
        const auto second = pool->Take();
        ASSERT_TRUE(first && second);
    }
    Server().Kill();
    const auto gone = pool->Take();
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().code, ErrorCode::kUnavailable) << Describe(gone.error());
    EXPECT_TRUE(gone.error().retry_is_safe);
    EXPECT_EQ(pool->Numbers().active, 0u);
    EXPECT_EQ(pool->Numbers().failed, 1u);
    Server().Start();
    auto lease = pool->Take();
    ASSERT_TRUE(lease) << Describe(lease.error());
    EXPECT_EQ(Must((*lease)->QueryRow("SELECT 1"))->front(), "1");
}

}  // namespace
}  // namespace coupon::ledger
