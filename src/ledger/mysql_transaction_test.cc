#include "ledger/mysql_transaction.h"
#include "common/limits_distributed.h"

#include <gtest/gtest.h>

#include <thread>

#include "ledger/mysql_test_database.h"

namespace coupon::ledger {
namespace {

class MysqlTransaction : public MysqlTestDatabase {
protected:
    void SetUp() override {
        Sql("CREATE TABLE t (i int PRIMARY KEY, v int NOT NULL)");
        Sql("INSERT INTO t VALUES (1, 0), (2, 0)");
    }
    std::string Rows() const { return Sql("SELECT i, v FROM t ORDER BY i"); }

    const std::unique_ptr<MysqlPool> pool_ = MakePool();
};

TEST_F(MysqlTransaction, CommitsAValue) {
    const auto id = InTransaction(*pool_, [](MysqlConnection& connection) -> Result<int> {
        if (auto set = connection.Execute("UPDATE t SET v = 5"); !set) {
            return std::unexpected(set.error());
        }
        return 7;
    });
    EXPECT_EQ(Must(id), 7);
    EXPECT_EQ(Rows(), "1|5\n2|5\n");
    EXPECT_EQ(pool_->Numbers().idle, 1u);
}

TEST_F(MysqlTransaction, RollsAnErrorBackAndKeepsItsConnection) {
    const auto refused = InTransaction(*pool_, [](MysqlConnection& connection) -> Result<void> {
        Must(connection.Execute("UPDATE t SET v = 5"));
        return InvalidArgument("v", "not this");
    });
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().field, "v");
    EXPECT_EQ(Rows(), "1|0\n2|0\n");
    EXPECT_EQ(pool_->Numbers().idle, 1u);
}

TEST_F(MysqlTransaction, IsDoneAgainAfterADeadlock) {
    // Both lock one row, wait for each other once, and want the other's: one is the victim.
    std::atomic<int> ready{0};
    std::atomic<int> attempts{0};
    const auto add = [&](int first, int second) {
        Must(InTransaction(*pool_, [&](MysqlConnection& connection) -> Result<void> {
            attempts.fetch_add(1);
            const auto bump = [&](int row) {
                return connection.Execute("UPDATE t SET v = v + 1 WHERE i = " +
                                          std::to_string(row));
            };
            if (auto done = bump(first); !done) return done;
            ready.fetch_add(1);
            if (!Eventually([&] { return ready.load() >= 2; })) ADD_FAILURE();
            return bump(second);
        }));
    };
    std::thread other(add, 1, 2);
    add(2, 1);
    other.join();
    EXPECT_EQ(Rows(), "1|2\n2|2\n");
    EXPECT_GE(attempts.load(), 3);
}

TEST_F(MysqlTransaction, GivesUpAfterSoManyConflicts) {
    for (const unsigned number : {1213u, 1205u}) {
        int attempts = 0;
        const auto failed = InTransaction(*pool_, [&](MysqlConnection&) -> Result<void> {
            ++attempts;
            return std::unexpected(
                ErrorOfMysql(number, "planted", "write", MysqlStep::kStaysUndone));
        });
        ASSERT_FALSE(failed);
        EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
        EXPECT_EQ(attempts, limits::kMysqlTransactionAttempts);
    }
}

TEST_F(MysqlTransaction, PausesForAPartOfABoundThatDoubles) {
    EXPECT_EQ(RetryPause(1, 0), std::chrono::microseconds(0));
    EXPECT_EQ(RetryPause(1, 1), limits::kMysqlRetryPause);
    EXPECT_EQ(RetryPause(2, 1), 2 * limits::kMysqlRetryPause);
    EXPECT_EQ(RetryPause(3, 0.5), 2 * limits::kMysqlRetryPause);
}

TEST_F(MysqlTransaction, ReportsALostConnectionAsUndone) {
    const auto lost = InTransaction(*pool_, [&](MysqlConnection& connection) -> Result<void> {
        Must(connection.Execute("UPDATE t SET v = 5"));
        Sql("KILL " + std::to_string(connection.SessionId()));
        return connection.Execute("UPDATE t SET v = 6");
    });
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().applied, Applied::kNo);
    EXPECT_EQ(pool_->Numbers().idle, 0u) << "the connection is not lent again";
    EXPECT_TRUE(Eventually([&] { return Rows() == "1|0\n2|0\n"; }));
}

}  // namespace
}  // namespace coupon::ledger
