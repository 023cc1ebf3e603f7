#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "common/coupon.h"
#include "ledger/mysql_migrations.h"
#include "ledger/mysql_pool.h"
#include "tests/support/mariadb_server.h"

namespace coupon::ledger {

inline constexpr WallTime kNoon{std::chrono::milliseconds{1'795'608'000'000}};  // 2026-11-25 12:00

/// A value of a result that must be one; the test fails where it is none.
template <class T>
T Must(Result<T> result) {
    if (!result) ADD_FAILURE() << Describe(result.error());
    if constexpr (!std::is_void_v<T>) return result ? *std::move(result) : T{};
}

/// A coupon that is valid: open, around kNoon, a stock of 100.
inline Coupon SomeCoupon() {
    return {.id = {},
            .name = "Black Friday",
            .total_quantity = 100,
            .discount_price = Money(5000),
            .minimum_price = Money(20000),
            .issue_start = kNoon,
            .issue_end = kNoon + std::chrono::hours(2),
            .expires_at = std::nullopt,
            .state = CouponState::kOpen,
            .shadow = false,
            .created_at = {},
            .updated_at = {}};
}

/// A test with an empty database of its own on the program's mariadbd.
class MysqlTestDatabase : public ::testing::Test {
protected:
    /// `change` may set options before the pool is made.
    std::unique_ptr<MysqlPool> MakePool(const std::function<void(MysqlOptions&)>& change =
                                            [](MysqlOptions&) {}) const {
        MysqlOptions options = options_;
        change(options);
        auto pool = MysqlPool::Create(options);
        EXPECT_TRUE(pool) << Describe(pool.error());
        return pool ? std::move(*pool) : nullptr;
    }
    /// With the tables in it.
    std::unique_ptr<MysqlPool> MakeMigratedPool() const {
        auto pool = MakePool();
        Must(MigrateSchema(*pool));
        return pool;
    }
    /// A statement on a connection beside all pools, as MariadbServer::Sql.
    std::string Sql(std::string_view statement) const {
        return server_.Sql(statement, options_.database);
    }
    static bool Eventually(const std::function<bool()>& condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) return false;
            std::this_thread::yield();
        }
        return true;
    }
    support::MariadbServer& Server() { return server_; }
    const MysqlOptions& Options() const { return options_; }

private:
    support::MariadbServer& server_ = support::MariadbServer::Shared();
    MysqlOptions options_ = server_.NewDatabase();
};

}  // namespace coupon::ledger
