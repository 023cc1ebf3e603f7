#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "common/limits_distributed.h"
#include "ledger/mysql_rows_fixture.h"
#include "tests/support/cutting_proxy.h"

namespace coupon::ledger {
namespace {

using std::chrono_literals::operator""s;
using std::string_literals::operator""s;
using ::testing::HasSubstr;

/// What stands before a statement on the wire.
const std::string kQuery = "\x03";

/// Locks, lost connections and servers that fail, in the middle of a batch.
class MysqlIssuanceFaultsTest : public MysqlRowsTest {
protected:
    void SetUp() override {
        MysqlRowsTest::SetUp();
        pool_ = MakePool([](MysqlOptions& options) { options.lock_wait = 1s; });
        coupon_ = NewCoupon(5000);
        ASSERT_TRUE(Write(coupon_, {Row(coupon_, 1, 9000)}));  // the last by user
    }

    std::future<Result<WriteReport>> BeginWrite(const std::vector<Issuance>& rows) {
        return std::async(std::launch::async, [this, rows] { return Write(coupon_, rows); });
    }
    /// A batch of two statements, the last row of which is stored already.
    std::vector<Issuance> LongBatch() const {
        auto rows = Rows(coupon_, 2, 1500);
        rows.push_back(Row(coupon_, 1, 9000));
        return rows;
    }
    static constexpr std::size_t kLongBatchNew = 1500;
    /// Somebody else's lock on the stored row, until `other` ends its transaction.
    void LockStoredRow(MysqlConnection& other) {
        Must(other.Begin());
        Must(other.Execute("UPDATE coupon_issuance SET order_amount = 1 WHERE user_id = 9000"));
    }
    void WaitUntilOneWaitsForALock() {
        WaitUntil([this] { return Status("Innodb_row_lock_current_waits") == 1; });
    }
    void ExpectUnavailable(const Result<WriteReport>& report, Applied applied) {
        ASSERT_FALSE(report);
        EXPECT_EQ(report.error().code, ErrorCode::kUnavailable) << Describe(report.error());
        EXPECT_EQ(report.error().applied, applied) << Describe(report.error());
        EXPECT_TRUE(report.error().retry_is_safe);
    }

    CouponId coupon_;
};

TEST_F(MysqlIssuanceFaultsTest, TriesAgainWhenALockStaysAndThenGivesUp) {
    MysqlConnection other = OpenOther();
    LockStoredRow(other);
    const std::int64_t waits = Status("Innodb_row_lock_waits");
    ExpectUnavailable(Write(coupon_, LongBatch()), Applied::kNo);
    EXPECT_EQ(Status("Innodb_row_lock_waits") - waits, limits::kMysqlTransactionAttempts);
    EXPECT_EQ(StoredCount(coupon_), 1);
    Must(other.Rollback());
    EXPECT_EQ(Write(coupon_, LongBatch())->new_rows, kLongBatchNew);
}

TEST_F(MysqlIssuanceFaultsTest, WritesOnceALockIsGoneThatWasWaitedForInVain) {
    MysqlConnection other = OpenOther();
    Must(other.Begin());
    Must(other.Execute("UPDATE coupon SET name = 'locked' WHERE id = " +
                       std::to_string(coupon_.value)));
    const std::int64_t waits = Status("Innodb_row_lock_waits");
    auto written = BeginWrite(LongBatch());
    WaitUntil([&] { return Status("Innodb_row_lock_waits") >= waits + 2; });
    Must(other.Rollback());
    const auto report = written.get();
    ASSERT_TRUE(report) << Describe(report.error());
    EXPECT_EQ(report->new_rows, kLongBatchNew);
    EXPECT_EQ(report->repeats, 1u);
}

TEST_F(MysqlIssuanceFaultsTest, MakesANewEpochWaitForTheBatchThatIsBeingWritten) {
    MysqlConnection other = OpenOther();
    LockStoredRow(other);
    pool_ = MakePool([](MysqlOptions& options) { options.lock_wait = 10s; });
    auto written = BeginWrite(LongBatch());
    WaitUntil([this] { return Status("Innodb_row_lock_current_waits") == 1; });
    auto epoch = std::async(std::launch::async, [this] { BeginEpoch(coupon_); });
    WaitUntil([this] { return Status("Innodb_row_lock_current_waits") == 2; });
    Must(other.Rollback());
    epoch.get();
    EXPECT_EQ(written.get()->new_rows, kLongBatchNew);
    EXPECT_EQ(Write(coupon_, LongBatch())->verdict, WriteVerdict::kOtherEpoch);
    EXPECT_EQ(Write(coupon_, LongBatch(), 1)->repeats, kLongBatchNew + 1);
}

TEST_F(MysqlIssuanceFaultsTest, WritesAgainWhatADeadlockRolledBack) {
    MysqlConnection other = OpenOther();
    LockStoredRow(other);
    // The server ends the transaction that has written less: this one writes more.
    Must(
        other.Execute("INSERT INTO dead_letter (coupon_id, user_id, sequence, epoch, issued_at, "
                      "reason, created_at, updated_at) SELECT 1, seq, seq, 0, NOW(), 'invalid', "
                      "NOW(), NOW() FROM seq_1_to_20000"));
    const std::int64_t deadlocks = Status("Innodb_deadlocks");
    auto written = BeginWrite(LongBatch());
    WaitUntilOneWaitsForALock();
    Must(other.Query("SELECT * FROM coupon FOR UPDATE"));  // which the writer has
    EXPECT_EQ(Status("Innodb_deadlocks"), deadlocks + 1);
    Must(other.Rollback());
    const auto report = written.get();
    ASSERT_TRUE(report) << Describe(report.error());
    EXPECT_EQ(report->new_rows, kLongBatchNew);
}

TEST_F(MysqlIssuanceFaultsTest, LosesNothingWhenItsSessionIsKilled) {
    MysqlConnection other = OpenOther();
    LockStoredRow(other);
    auto written = BeginWrite(LongBatch());
    WaitUntilOneWaitsForALock();
    std::string session =
        Sql("SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE "
            "'INSERT INTO coupon_issuance%'");
    session.pop_back();
    EXPECT_EQ(Sql("KILL " + session), "");
    ExpectUnavailable(written.get(), Applied::kNo);
    Must(other.Rollback());
    EXPECT_EQ(StoredCount(coupon_), 1);
    EXPECT_EQ(Write(coupon_, LongBatch())->new_rows, kLongBatchNew);
}

TEST_F(MysqlIssuanceFaultsTest, LosesNothingWhenTheServerIsKilledInTheMiddle) {
    MysqlConnection other = OpenOther();
    LockStoredRow(other);
    auto written = BeginWrite(LongBatch());
    WaitUntilOneWaitsForALock();
    Server().Kill();
    ExpectUnavailable(written.get(), Applied::kNo);
    ExpectUnavailable(Write(coupon_, LongBatch()), Applied::kNo);
    Server().Start();
    EXPECT_EQ(StoredCount(coupon_), 1);
    EXPECT_EQ(Write(coupon_, LongBatch())->new_rows, kLongBatchNew);
}

TEST_F(MysqlIssuanceFaultsTest, KeepsWhatItCalledWrittenWhenTheServerIsKilled) {
    ASSERT_TRUE(Write(coupon_, LongBatch()));
    Server().Kill();
    Server().Start();
    EXPECT_EQ(StoredCount(coupon_), 1 + static_cast<std::int64_t>(kLongBatchNew));
}

TEST_F(MysqlIssuanceFaultsTest, SaysThatItDoesNotKnowWhenTheAnswerToCommitIsLost) {
    using enum support::CuttingProxy::Moment;
    std::int64_t first = 2;
    for (const auto moment : {kBeforeTheServer, kAfterTheAnswer}) {
        const support::CuttingProxy proxy(Server().Port(), kQuery + "COMMIT", moment);
        pool_ = MakePool([&](MysqlOptions& options) { options.port = proxy.Port(); });
        const auto rows = Rows(coupon_, first, 10);
        ExpectUnavailable(Write(coupon_, rows), Applied::kUnknown);
        EXPECT_TRUE(proxy.HasCut());
        const std::int64_t stored = StoredCount(coupon_);
        const bool committed = moment == kAfterTheAnswer;
        EXPECT_EQ(stored, first - 1 + (committed ? 10 : 0));
        const auto again = Write(coupon_, rows);
        ASSERT_TRUE(again) << Describe(again.error());
        EXPECT_EQ(again->new_rows, committed ? 0u : 10u);
        EXPECT_EQ(again->repeats, committed ? 10u : 0u);
        pool_.reset();
        first += 10;
    }
}

TEST_F(MysqlIssuanceFaultsTest, LosesNothingWhenAnyOfItsStatementsGoesUnanswered) {
    using enum support::CuttingProxy::Moment;
    for (const std::string& word :
         {kQuery + "SET", kQuery + "START", "FOR UPDATE"s, kQuery + "INSERT", kQuery + "UPDATE"}) {
        for (const auto moment : {kBeforeTheServer, kAfterTheAnswer}) {
            const support::CuttingProxy proxy(Server().Port(), word, moment);
            pool_ = MakePool([&](MysqlOptions& options) { options.port = proxy.Port(); });
            ExpectUnavailable(Write(coupon_, Rows(coupon_, 2, 10)), Applied::kNo);
            EXPECT_TRUE(proxy.HasCut()) << word;
            EXPECT_EQ(StoredCount(coupon_), 1) << word;
            pool_.reset();
        }
    }
}

TEST_F(MysqlIssuanceFaultsTest, WaitsForAServerThatIsReadOnly) {
    EXPECT_EQ(Sql("CREATE USER IF NOT EXISTS app@'127.0.0.1'"), "");
    EXPECT_EQ(Sql("GRANT ALL ON " + Options().database + ".* TO app@'127.0.0.1'"), "");
    pool_ = MakePool([](MysqlOptions& options) { options.user = "app"; });
    EXPECT_EQ(Sql("SET GLOBAL read_only = 1"), "");
    const auto refused = Write(coupon_, LongBatch());
    EXPECT_EQ(Sql("SET GLOBAL read_only = 0"), "");
    ExpectUnavailable(refused, Applied::kNo);
    EXPECT_THAT(refused.error().detail, HasSubstr("read-only"));
    EXPECT_EQ(StoredCount(coupon_), 1);
    EXPECT_EQ(Write(coupon_, LongBatch())->new_rows, kLongBatchNew);
}

TEST_F(MysqlIssuanceFaultsTest, WritesNothingOfABatchThatFindsTheDiskFull) {
    // A table space of its own server that cannot grow.
    support::MariadbServer small({"--innodb-file-per-table=0",
                                  "--innodb-data-file-path=ibdata1:12M",
                                  "--innodb-stats-persistent=0"});
    auto created = MysqlPool::Create(small.NewDatabase());
    ASSERT_TRUE(created);
    MysqlPool& pool = **created;
    Must(MigrateSchema(pool));
    const auto sql = [&](std::string_view statement) {
        return small.Sql(statement, pool.Options().database);
    };
    EXPECT_EQ(sql("INSERT INTO coupon (id, name, discount_price, minimum_price, issue_start_date, "
                  "issue_end_date, state, created_at, updated_at) VALUES (1, 'x', 0, 0, NOW(), "
                  "NOW() + INTERVAL 1 DAY, 'open', NOW(), NOW())"),
              "");
    const CouponId coupon(1);
    MysqlIssuanceWriter writer(pool);
    Result<WriteReport> report;
    std::int64_t written = 0;
    for (; written < 1'000'000; written += 2000) {
        report = writer.Write(coupon, 0, Rows(coupon, written + 1, 2000));
        if (!report) break;
    }
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, ErrorCode::kStorageFull) << Describe(report.error());
    EXPECT_EQ(report.error().applied, Applied::kNo);
    EXPECT_TRUE(report.error().retry_is_safe);
    EXPECT_EQ(sql("SELECT issued_quantity, (SELECT COUNT(*) FROM coupon_issuance) FROM coupon"),
              fmt::format("{0}|{0}\n", written));
}

}  // namespace
}  // namespace coupon::ledger
