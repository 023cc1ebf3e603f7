#include "ledger/mysql_migrations.h"
#include "common/limits_distributed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "ledger/mysql_test_database.h"

namespace coupon::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const int kNewest = MysqlSchemaScripts().back().version;

class MysqlMigrations : public MysqlTestDatabase {
protected:
    std::string Tables() const {
        return Sql(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
            "ORDER BY table_name");
    }
    std::string Versions() const { return Sql("SELECT version FROM schema_version"); }

    const std::unique_ptr<MysqlPool> pool_ = MakePool();
};

TEST_F(MysqlMigrations, MakeAllTablesAndRecordEachStep) {
    const SchemaState state = Must(MigrateSchema(*pool_));
    EXPECT_EQ(state.found, 0);
    EXPECT_EQ(state.wanted, kNewest);
    EXPECT_EQ(state.applied.size(), MysqlSchemaScripts().size());
    EXPECT_EQ(Tables(), "coupon\ncoupon_change\ncoupon_issuance\ndead_letter\nschema_version\n");
    EXPECT_EQ(Sql("SELECT version, name, date_applied > '2026-01-01' FROM schema_version "
                  "WHERE version = 1"),
              "1|0001_ledger|1\n");
    EXPECT_EQ(Must(CheckSchema(*pool_)).found, kNewest);
}

TEST_F(MysqlMigrations, DoNothingWhenAllIsThere) {
    Must(MigrateSchema(*pool_));
    const SchemaState again = Must(MigrateSchema(*pool_));
    EXPECT_EQ(again.found, kNewest);
    EXPECT_THAT(again.applied, IsEmpty());
}

TEST_F(MysqlMigrations, RunAgainFromAnyStepAfterACrashInItsMiddle) {
    Must(MigrateSchema(*pool_));
    for (const SchemaScript& script : MysqlSchemaScripts()) {
        Sql("DELETE FROM schema_version WHERE version >= " + std::to_string(script.version));
        EXPECT_EQ(Must(MigrateSchema(*pool_)).found, script.version - 1) << script.name;
    }
    EXPECT_EQ(Must(CheckSchema(*pool_)).found, kNewest);
}

TEST_F(MysqlMigrations, ShowInADryRunWhatTheyWouldDoAndDoNothing) {
    const SchemaState state = Must(MigrateSchema(*pool_, {.run = MigrationRun::kDryRun}));
    EXPECT_EQ(state.applied.size(), MysqlSchemaScripts().size());
    EXPECT_EQ(Tables(), "");
}

TEST_F(MysqlMigrations, LeaveAScriptThatFailsUnrecordedAndTheOnesBeforeItApplied) {
    constexpr std::array<SchemaScript, 2> kBroken = {{
        {1, "0001_a", "CREATE TABLE IF NOT EXISTS a (i int);\n"},
        {2, "0002_b", "CREATE TABLE IF NOT EXISTS b (i int);\nCREATE NONSENSE;\n"},
    }};
    const auto failed = MigrateSchema(*pool_, {.scripts = kBroken});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().operation, "migrate to schema 2");
    EXPECT_EQ(failed.error().applied, Applied::kUnknown);
    EXPECT_EQ(Versions(), "1\n");
    EXPECT_EQ(Tables(), "a\nb\nschema_version\n");
    std::array<SchemaScript, 2> mended = kBroken;
    mended[1].sql =
        "CREATE TABLE IF NOT EXISTS b (i int);\nCREATE TABLE IF NOT EXISTS c (i int);\n";
    EXPECT_THAT(Must(MigrateSchema(*pool_, {.scripts = mended})).applied, ElementsAre(2));
    EXPECT_EQ(Tables(), "a\nb\nc\nschema_version\n");
}

TEST_F(MysqlMigrations, RunOnceWhenTwoProgramsStartAtOnce) {
    // Not safe to run again, on purpose: twice would be an error.
    constexpr std::array<SchemaScript, 2> kScripts = {{
        {1, "0001_a", "CREATE TABLE a (i int PRIMARY KEY);\nDO SLEEP(0.3);\n"},
        {2, "0002_a", "INSERT INTO a VALUES (1);\n"},
    }};
    std::array<std::size_t, 2> applied{};
    const auto migrate = [&](std::size_t i) {
        const auto pool = MakePool();
        applied[i] = Must(MigrateSchema(*pool, {.scripts = kScripts})).applied.size();
    };
    std::thread other(migrate, 0);
    migrate(1);
    other.join();
    EXPECT_EQ(applied[0] + applied[1], kScripts.size());
    EXPECT_EQ(Versions(), "1\n2\n");
}

TEST_F(MysqlMigrations, WaitForAnotherMigratorOnlySoLong) {
    EXPECT_EQ(MigrationPlan{}.wait, limits::kMysqlMigrationWait);
    const auto other = MakePool();
    const auto holder = other->Take();
    ASSERT_TRUE(holder);
    ASSERT_TRUE((*holder)->QueryRow("SELECT GET_LOCK('coupon_migrate', 0)"));
    const auto refused = MigrateSchema(*pool_, {.wait = std::chrono::seconds(1)});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
    EXPECT_TRUE(refused.error().retry_is_safe);
    EXPECT_THAT(refused.error().detail, HasSubstr("another program migrates for longer than 1s"));
    EXPECT_EQ(Tables(), "");
    ASSERT_TRUE((*holder)->QueryRow("SELECT RELEASE_LOCK('coupon_migrate')"));
    Must(MigrateSchema(*pool_, {.wait = std::chrono::seconds(1)}));
}

TEST_F(MysqlMigrations, GiveTheLockBack) {
    Must(MigrateSchema(*pool_));
    EXPECT_EQ(Sql("SELECT IS_FREE_LOCK('coupon_migrate')"), "1\n");
}

TEST_F(MysqlMigrations, RefuseANewerSchema) {
    Must(MigrateSchema(*pool_));
    const int newer = kNewest + 1;
    Sql("INSERT INTO schema_version VALUES (" + std::to_string(newer) + ", 'x', NOW())");
    for (const auto& refused : {CheckSchema(*pool_), MigrateSchema(*pool_)}) {
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::kConfiguration);
        EXPECT_THAT(refused.error().detail, HasSubstr("is at " + std::to_string(newer)));
        EXPECT_THAT(refused.error().detail, HasSubstr("start the newer program"));
    }
}

TEST_F(MysqlMigrations, AreAskedForByACheckOfAnOlderSchema) {
    const auto older = CheckSchema(*pool_);
    ASSERT_FALSE(older);
    EXPECT_EQ(older.error().code, ErrorCode::kConfiguration);
    EXPECT_THAT(older.error().detail,
                HasSubstr("is at 0, this program wants " + std::to_string(kNewest) +
                          ": run couponctl migrate"));
    EXPECT_EQ(Tables(), "") << "a check changes nothing";
}

TEST_F(MysqlMigrations, RefuseAListOfVersionsWithAGap) {
    Must(MigrateSchema(*pool_));
    Sql("INSERT INTO schema_version VALUES (" + std::to_string(kNewest + 2) + ", 'x', NOW())");
    const auto refused = CheckSchema(*pool_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kDamaged);
}

TEST(MysqlScripts, AreSplitAtSemicolonsThatEndALine) {
    EXPECT_THAT(SplitStatements("-- a\nA;\n\nB ';' b\n;\nC"),
                ElementsAre("-- a\nA", "\nB ';' b\n", "C"));
    EXPECT_THAT(SplitStatements("A;\n\n \n"), ElementsAre("A"));
    EXPECT_THAT(SplitStatements(""), IsEmpty());
}

TEST_F(MysqlMigrations, WarnOfAServerThatDoesNotFlush) {
    EXPECT_EQ(Must(DurabilityWarning(*pool_)), "");
    Sql("SET GLOBAL innodb_flush_log_at_trx_commit = 2");
    const std::string warning = Must(DurabilityWarning(*pool_));
    Sql("SET GLOBAL innodb_flush_log_at_trx_commit = 1");
    EXPECT_THAT(warning, HasSubstr("innodb_flush_log_at_trx_commit is 2, not 1: a power loss"));
}

TEST(MysqlDurability, CountsTheBinaryLogIn) {
    support::MariadbServer server({"--log-bin"});
    const auto pool = Must(MysqlPool::Create(server.NewDatabase()));
    EXPECT_THAT(Must(DurabilityWarning(*pool)), HasSubstr("sync_binlog is 0, not 1"));
    server.Sql("SET GLOBAL sync_binlog = 1");
    EXPECT_EQ(Must(DurabilityWarning(*pool)), "");
}

}  // namespace
}  // namespace coupon::ledger
