#include "ledger/mysql_connection.h"
#include "common/limits_distributed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/parse_number.h"
#include "ledger/mysql_test_database.h"
#include "tests/support/free_port.h"

namespace coupon::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Optional;

/// For what should take a second, on a machine that is busy.
constexpr std::chrono::seconds kFarBeyond(15);

class MysqlConnectionTest : public MysqlTestDatabase {
protected:
    MysqlConnection Open(const MysqlOptions& options) {
        auto opened = MysqlConnection::Open(options);
        EXPECT_TRUE(opened) << Describe(opened.error());
        return *std::move(opened);
    }
    MysqlConnection Open() { return Open(Options()); }
    std::string Value(MysqlConnection& connection, std::string_view sql) {
        const auto row = Must(connection.QueryRow(sql));
        return row && row->front() ? *row->front() : "(none)";
    }
    MysqlOptions Impatient() const {
        MysqlOptions options = Options();
        options.silence = std::chrono::seconds(1);
        return options;
    }
};

TEST_F(MysqlConnectionTest, SetsItsSessionUp) {
    auto connection = Open();
    EXPECT_EQ(Value(connection, "SELECT @@time_zone"), "+00:00");
    EXPECT_THAT(Value(connection, "SELECT @@sql_mode"), HasSubstr("STRICT_ALL_TABLES"));
    EXPECT_EQ(Value(connection, "SELECT @@tx_isolation"), "READ-COMMITTED");
    EXPECT_EQ(Value(connection, "SELECT @@character_set_client"), "utf8mb4");
    EXPECT_EQ(Value(connection, "SELECT @@character_set_results"), "utf8mb4");
    EXPECT_EQ(Value(connection, "SELECT @@autocommit"), "1");
    EXPECT_EQ(limits::kMysqlLockWait, std::chrono::seconds(2));
    EXPECT_EQ(Value(connection, "SELECT @@innodb_lock_wait_timeout"), "2");
    EXPECT_EQ(Value(connection, "SELECT @@lock_wait_timeout"), "2");
    EXPECT_EQ(limits::kMysqlTransactionIdle, std::chrono::seconds(5));
    EXPECT_EQ(Value(connection, "SELECT @@idle_transaction_timeout"), "5");
}

TEST_F(MysqlConnectionTest, QuotesWhateverATextHolds) {
    auto connection = Open();
    using namespace std::string_view_literals;
    for (const std::string_view text :
         {""sv, "x"sv, "O'Brien"sv, "a\\"sv, "\\' OR 1=1 -- "sv, "\"; DROP TABLE coupon; --"sv,
          "line\nline\r\t\x1a%_"sv, "nul\0nul"sv, "쿠폰 \xF0\x9F\x8E\x81"sv}) {
        EXPECT_EQ(Value(connection, "SELECT " + connection.Quote(text)), text);
    }
    EXPECT_EQ(connection.Quote(""), "''");
}

TEST_F(MysqlConnectionTest, RunsOneStatementOfATextOnly) {
    auto connection = Open();
    const auto two = connection.Execute("DO 1; DO 2");
    ASSERT_FALSE(two);
    EXPECT_TRUE(IsMysqlError(two.error(), 1064)) << Describe(two.error());
}

TEST_F(MysqlConnectionTest, TellsNullFromAnEmptyText) {
    auto connection = Open();
    const auto rows = Must(connection.Query("SELECT NULL, '', 'x' UNION ALL SELECT 1, 2, 3"));
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_THAT(rows[0],
                ElementsAre(std::nullopt, Optional(std::string()), Optional(std::string("x"))));
    EXPECT_EQ(rows[1][2], "3");
    EXPECT_EQ(Must(connection.QueryRow("SELECT 1 LIMIT 0")), std::nullopt);
}

TEST_F(MysqlConnectionTest, CountsRowsThatChangedNotThoseThatWereFound) {
    auto connection = Open();
    Must(connection.Execute("CREATE TABLE t (id int AUTO_INCREMENT PRIMARY KEY, v int UNIQUE)"));
    Must(connection.Execute("INSERT INTO t (v) VALUES (7), (8)"));
    EXPECT_EQ(connection.AffectedRows(), 2);
    EXPECT_EQ(connection.LastInsertId(), 1);
    Must(connection.Execute("UPDATE t SET v = 7 WHERE v = 7"));
    EXPECT_EQ(connection.AffectedRows(), 0);
    Must(connection.Execute("INSERT INTO t (v) VALUES (8), (9) ON DUPLICATE KEY UPDATE id = id"));
    EXPECT_EQ(connection.AffectedRows(), 1) << "a new one counts 1, a repeat 0";
}

TEST_F(MysqlConnectionTest, StreamsAMillionRowsWithoutHoldingThem) {
    auto connection = Open();
    std::int64_t sum = 0;
    Must(
        connection.Visit("SELECT seq FROM seq_1_to_1000000", [&](MysqlRowView row) -> Result<void> {
            sum += ParseWhole<std::int64_t>(*row[0]).value_or(0);
            return {};
        }));
    EXPECT_EQ(sum, 500'000'500'000);
}

TEST_F(MysqlConnectionTest, EndsAVisitWithTheVisitorsError) {
    auto connection = Open();
    int seen = 0;
    const auto ended =
        connection.Visit("SELECT seq FROM seq_1_to_1000", [&](MysqlRowView) -> Result<void> {
            if (++seen == 3) return InvalidArgument("row", "enough");
            return {};
        });
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().field, "row");
    EXPECT_EQ(seen, 3);
    EXPECT_EQ(Value(connection, "SELECT 5"), "5") << "the connection goes on";
}

TEST_F(MysqlConnectionTest, RefusesValuesThatNoColumnTakes) {
    auto connection = Open();
    Must(connection.Execute(
        "CREATE TABLE t (i int NOT NULL PRIMARY KEY, s varchar(3), CHECK (i <> 13))"));
    for (const std::string_view values : {"(2147483648, '')", "(1, 'four')", "(13, '')",
                                          "('x', '')", "(NULL, '')", "(1, '\xFF')"}) {
        const auto refused = connection.Execute("INSERT INTO t VALUES " + std::string(values));
        ASSERT_FALSE(refused) << values;
        EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument) << Describe(refused.error());
        EXPECT_EQ(refused.error().applied, Applied::kNo);
    }
    Must(connection.Execute("INSERT INTO t VALUES (1, 'a')"));
    const auto twice = connection.Execute("INSERT INTO t VALUES (1, 'b')");
    ASSERT_FALSE(twice);
    EXPECT_EQ(twice.error().code, ErrorCode::kConflict);
    EXPECT_TRUE(IsMysqlError(twice.error(), 1062));
}

TEST_F(MysqlConnectionTest, WaitsForALockOnlySoLong) {
    auto holder = Open();
    MysqlOptions options = Options();
    options.lock_wait = std::chrono::seconds(1);
    auto waiter = Open(options);
    Must(holder.Execute("CREATE TABLE t (i int PRIMARY KEY)"));
    Must(holder.Execute("INSERT INTO t VALUES (1)"));
    Must(holder.Begin());
    Must(holder.Execute("UPDATE t SET i = 2"));
    Must(waiter.Begin());
    const auto start = std::chrono::steady_clock::now();
    const auto waited = waiter.Execute("UPDATE t SET i = 3");
    EXPECT_LT(std::chrono::steady_clock::now() - start, kFarBeyond);
    ASSERT_FALSE(waited);
    EXPECT_TRUE(IsMysqlError(waited.error(), 1205)) << Describe(waited.error());
    EXPECT_TRUE(IsLockConflict(waited.error()));
    EXPECT_FALSE(waiter.Broken());
    Must(waiter.Rollback());
}

TEST_F(MysqlConnectionTest, SaysUnknownWhenTheReplyOfACommitIsLost) {
    auto connection = Open(Impatient());
    Must(connection.Execute("CREATE TABLE t (i int PRIMARY KEY)"));
    Must(connection.Begin());
    Must(connection.Execute("INSERT INTO t VALUES (1)"));
    Server().Pause();
    const auto committed = connection.Commit();
    Server().Resume();
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(committed.error().applied, Applied::kUnknown);
    EXPECT_TRUE(connection.Broken());
    EXPECT_FALSE(connection.InTransaction());
    const auto after = connection.Execute("DO 1");
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().applied, Applied::kNo) << "nothing was sent";
}

TEST_F(MysqlConnectionTest, SaysWhatALostStatementMayHaveDone) {
    const auto kill = [&](const MysqlConnection& connection) {
        EXPECT_EQ(Sql("KILL " + std::to_string(connection.SessionId())), "");
    };
    auto inside = Open();
    Must(inside.Execute("CREATE TABLE t (i int PRIMARY KEY)"));
    Must(inside.Begin());
    Must(inside.Execute("INSERT INTO t VALUES (1)"));
    kill(inside);
    const auto lost = inside.Execute("INSERT INTO t VALUES (2)");
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(lost.error().applied, Applied::kNo) << "the server rolls back";
    EXPECT_TRUE(lost.error().retry_is_safe);
    EXPECT_TRUE(inside.Broken());
    auto alone = Open();
    kill(alone);
    const auto unknown = alone.Execute("INSERT INTO t VALUES (3)");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().applied, Applied::kUnknown);
}

TEST_F(MysqlConnectionTest, AnswersAPingOfALostConnectionWithAnError) {
    auto connection = Open();
    Sql("KILL " + std::to_string(connection.SessionId()));
    ASSERT_FALSE(connection.QueryRow("SELECT 1"));
    for (int i = 0; i < 2; ++i) {
        const auto answered = connection.Ping(std::chrono::seconds(1));
        ASSERT_FALSE(answered);
        EXPECT_EQ(answered.error().code, ErrorCode::kUnavailable) << Describe(answered.error());
    }
}

TEST_F(MysqlConnectionTest, GivesUpAServerThatStandsStill) {
    EXPECT_EQ(MysqlOptions{}.silence, limits::kMysqlSilence);
    auto connection = Open(Impatient());
    const auto start = std::chrono::steady_clock::now();
    Server().Pause();
    const auto read = connection.QueryRow("SELECT 1");
    Server().Resume();
    EXPECT_LT(std::chrono::steady_clock::now() - start, kFarBeyond);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code, ErrorCode::kUnavailable);
    EXPECT_TRUE(connection.Broken());
}

TEST_F(MysqlConnectionTest, WaitsLongerForAnAnswerThanForTheGreeting) {
    MysqlOptions options = Options();
    options.connection_timeout = std::chrono::seconds(1);
    auto connection = Open(options);
    EXPECT_EQ(Value(connection, "SELECT SLEEP(1.2)"), "0");
}

TEST_F(MysqlConnectionTest, ConnectsInTimeOrNotAtAll) {
    MysqlOptions options = Options();
    options.connection_timeout = std::chrono::seconds(1);
    const auto start = std::chrono::steady_clock::now();
    Server().Pause();
    const auto connection = MysqlConnection::Open(options);
    Server().Resume();
    ASSERT_FALSE(connection);
    EXPECT_EQ(connection.error().code, ErrorCode::kUnavailable) << Describe(connection.error());
    EXPECT_LT(std::chrono::steady_clock::now() - start, kFarBeyond);
}

TEST_F(MysqlConnectionTest, SaysWhoRefusedItAndNeverThePassword) {
    MysqlOptions options = Options();
    options.password = "hunter2";
    const auto denied = MysqlConnection::Open(options);
    ASSERT_FALSE(denied);
    EXPECT_EQ(denied.error().code, ErrorCode::kConfiguration) << Describe(denied.error());
    EXPECT_THAT(denied.error().detail, HasSubstr(Describe(options)));
    EXPECT_THAT(denied.error().detail, testing::Not(HasSubstr("hunter2")));
    options = Options();
    options.database = "nowhere";
    const auto unknown = MysqlConnection::Open(options);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::kConfiguration);
    options.port = support::FreePort();
    const auto nobody = MysqlConnection::Open(options);
    ASSERT_FALSE(nobody);
    EXPECT_EQ(nobody.error().code, ErrorCode::kUnavailable) << Describe(nobody.error());
}

TEST_F(MysqlConnectionTest, TellsAReadOnlyServer) {
    Sql("CREATE TABLE t (i int PRIMARY KEY)");
    Sql("CREATE USER IF NOT EXISTS shop IDENTIFIED BY 'a password'");
    Sql("GRANT ALL ON " + Options().database + ".* TO shop");
    MysqlOptions options = Options();
    options.user = "shop";
    options.password = "a password";
    auto connection = Open(options);
    Sql("SET GLOBAL read_only = 1");
    const auto refused = connection.Execute("INSERT INTO t VALUES (1)");
    Sql("SET GLOBAL read_only = 0");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable) << Describe(refused.error());
    EXPECT_EQ(refused.error().applied, Applied::kNo);
    EXPECT_FALSE(connection.Broken());
}

}  // namespace
}  // namespace coupon::ledger
