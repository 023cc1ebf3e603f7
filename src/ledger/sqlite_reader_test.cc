#include "ledger/sqlite_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "ledger/sqlite_test_store.h"

namespace coupon::ledger {
namespace {

using ::testing::HasSubstr;

class SqliteReaderTest : public SqliteTestStore {
protected:
    std::unique_ptr<SqliteReader> MustRead(const std::filesystem::path& file) {
        auto reader = SqliteReader::Open(file);
        if (!reader) ADD_FAILURE() << Describe(reader.error());
        return reader ? std::move(*reader) : nullptr;
    }
    std::unique_ptr<SqliteReader> MustRead() { return MustRead(Database()); }
};

TEST_F(SqliteReaderTest, SeesWhatTheWriterCommittedBesideIt) {
    MakeStore();
    const auto ledger = MustOpen();
    const auto reader = MustRead();
    EXPECT_EQ(reader->Issuances(CouponId(2), Sequence(0), Sequence(1000), 100)->size(), 7u);
    ASSERT_TRUE(Append(*ledger, MakeIssuances(2, 8, 3)));
    EXPECT_EQ(reader->Issuances(CouponId(2), Sequence(0), Sequence(1000), 100)->size(), 10u);
}

TEST_F(SqliteReaderTest, ReadsIssuancesInPages) {
    MakeStore();
    const auto reader = MustRead();
    const auto page = reader->Issuances(CouponId(1), Sequence(3), Sequence(90), 4);
    ASSERT_TRUE(page);
    ASSERT_EQ(page->size(), 4u);
    EXPECT_EQ(page->at(0).issuance, MakeIssuances(1, 4, 1)[0]);
    EXPECT_FALSE(page->at(0).redemption);
    ASSERT_TRUE(page->at(1).redemption);
    EXPECT_EQ(page->at(1).redemption->order_amount, Money(9000));
    EXPECT_EQ(reader->Issuances(CouponId(1), Sequence(88), Sequence(90), 100)->size(), 2u);
    EXPECT_EQ(
        reader->Issuances(CouponId(1), Sequence(100), Sequence(limits::kSequenceMax), 100)->size(),
        0u);
    EXPECT_EQ(reader->Issuances(CouponId(9), Sequence(0), Sequence(10), 100)->size(), 0u);
}

TEST_F(SqliteReaderTest, FindsARedemption) {
    MakeStore();
    const auto reader = MustRead();
    const Redemption expected{CouponId(1), Sequence(5), Money(9000), kNoon + std::chrono::hours(2)};
    EXPECT_EQ(reader->FindRedemption(CouponId(1), Sequence(5)), expected);
    EXPECT_EQ(reader->FindRedemption(CouponId(1), Sequence(6)), std::nullopt);
}

TEST_F(SqliteReaderTest, IsRefusedWhereThereIsNoStore) {
    EXPECT_EQ(SqliteReader::Open(Database()).error().code, ErrorCode::kNotFound);
    std::filesystem::create_directories(folder_);
    std::ofstream(Database()) << std::string(5000, 'x');
    EXPECT_EQ(SqliteReader::Open(Database()).error().code, ErrorCode::kDamaged);
}

TEST_F(SqliteReaderTest, AuditFindsNothingInASoundStore) {
    MakeStore();
    const auto ledger = MustOpen();
    const auto report = MustRead()->Audit();
    ASSERT_TRUE(report);
    for (const AuditCheck& check : report->checks) {
        EXPECT_EQ(check.violations, 0)
            << check.what << ": " << ::testing::PrintToString(check.examples);
    }
    EXPECT_TRUE(report->Passed());
    EXPECT_EQ(report->coupons, 2);
    EXPECT_EQ(report->issuances, 107);
    EXPECT_EQ(report->redemptions, 1);
}

TEST_F(SqliteReaderTest, EveryAuditCheckFindsItsFault) {
    struct Fault {
        std::string sql;
        std::string check;
        std::string example;
    };
    const std::vector<Fault> faults = {
        {"UPDATE coupon SET state = 'ajar' WHERE id = 2", "every coupon can be true",
         "coupon 2: unknown state"},
        {"UPDATE coupon SET name = '' WHERE id = 2", "every coupon can be true", "coupon 2: name"},
        {"UPDATE coupon_issuance SET user_id = 77 WHERE key = (1 << 40) + 3",
         "every issuance's checksum", "coupon 1 sequence 3"},
        {"DELETE FROM coupon_issuance WHERE key = (1 << 40) + 50", "without a gap",
         "coupon 1 sequence 51 follows coupon 1 sequence 49"},
        {"DELETE FROM coupon_issuance WHERE key = (2 << 40) + 1", "without a gap",
         "coupon 2 sequence 2 follows"},
        {"DELETE FROM coupon WHERE id = 2", "belongs to a coupon", "coupon 2 has issuances"},
        {"UPDATE coupon_issuance SET user_id = 1003 WHERE key = (1 << 40) + 9",
         "holds a coupon twice", "coupon 1: user 1003"},
        {"UPDATE coupon SET total_quantity = 99 WHERE id = 1", "<= total quantity",
         "coupon 1: 100 issued of 99"},
        {"DELETE FROM coupon_issuance WHERE key = (1 << 40) + 100", "sold out",
         "coupon 1: sold out with 99 rows"},
        {"UPDATE coupon SET issued_quantity = 8 WHERE id = 2",
         "issued quantity ==", "coupon 2: counter 8, rows 7"},
        {"UPDATE coupon_issuance SET date_issued = date_issued - 9 WHERE key = (1 << 40) + 30",
         "older than", "coupon 1 sequence 30"},
        {"INSERT INTO coupon_redemption VALUES ((2 << 40) + 8, 9000, 0, NULL)", "dear enough",
         "redeemed but not issued"},
        {"UPDATE coupon_redemption SET order_amount = 4999", "dear enough",
         "below the minimum price"},
        {"UPDATE coupon_redemption SET date_redeemed = 5", "dear enough",
         "redeemed before it was issued"},
        {"UPDATE coupon SET expires_at = date_issue_end", "dear enough",
         "redeemed after it expired"},
    };
    for (const Fault& fault : faults) {
        std::filesystem::remove_all(folder_);
        MakeStore();
        PlantFitting(fault.sql);
        const auto report = MustRead()->Audit();
        ASSERT_TRUE(report) << fault.sql;
        EXPECT_FALSE(report->Passed()) << fault.sql;
        bool found = false;
        for (const AuditCheck& check : report->checks) {
            if (check.what.find(fault.check) == std::string::npos) continue;
            found = true;
            EXPECT_GE(check.violations, 1) << fault.sql;
            EXPECT_THAT(check.examples, ::testing::Contains(HasSubstr(fault.example))) << fault.sql;
        }
        EXPECT_TRUE(found) << fault.check;
    }
}

TEST_F(SqliteReaderTest, AuditFindsAValueThatIsPossibleButWasNotWritten) {
    struct Fault {
        std::string sql;
        std::string check;
        std::string example;
    };
    const std::vector<Fault> faults = {
        {"UPDATE coupon SET discount_price = 1001 WHERE id = 2", "every coupon's checksum",
         "coupon 2: the checksum does not fit"},
        {"UPDATE coupon SET checksum = NULL WHERE id = 1", "every coupon's checksum",
         "coupon 1: the checksum does not fit"},
        {"UPDATE coupon_redemption SET order_amount = 9001", "every redemption's checksum",
         "coupon 1 sequence 5: the checksum does not fit"},
    };
    for (const Fault& fault : faults) {
        std::filesystem::remove_all(folder_);
        MakeStore();
        Plant(fault.sql);
        const auto report = MustRead()->Audit();
        ASSERT_TRUE(report) << fault.sql;
        EXPECT_FALSE(report->Passed()) << fault.sql;
        for (const AuditCheck& check : report->checks) {
            const bool guilty = check.what.starts_with(fault.check);
            EXPECT_EQ(check.examples,
                      guilty ? std::vector{fault.example} : std::vector<std::string>{})
                << fault.sql << ": " << check.what;
        }
    }
}

TEST_F(SqliteReaderTest, AuditNamesSomeViolationsAndCountsTheRest) {
    constexpr auto kExamples = static_cast<std::int64_t>(limits::kAuditExamplesMax);
    for (const std::int64_t faults : {kExamples, kExamples + 1}) {
        std::filesystem::remove_all(folder_);
        MakeStore();
        Plant("UPDATE coupon_issuance SET checksum = checksum + 1 WHERE key <= (1 << 40) + " +
              std::to_string(faults));
        const auto report = MustRead()->Audit();
        ASSERT_TRUE(report);
        const auto check = std::ranges::find(
            report->checks, "every issuance's checksum fits its row", &AuditCheck::what);
        ASSERT_NE(check, report->checks.end());
        EXPECT_EQ(check->violations, faults);
        EXPECT_EQ(check->examples.size(), limits::kAuditExamplesMax);
    }
}

TEST_F(SqliteReaderTest, AuditEndsSqlitesOwnCheckAfterSoManyFindings) {
    constexpr int kMost = limits::kAuditIntegrityFindingsMax;
    for (const int faults : {kMost - 1, kMost, kMost + 1, 2 * kMost}) {
        std::filesystem::remove_all(folder_);
        MakeStore();
        // An index that claims to be of another column: every row is missing from it.
        Plant(
            "DELETE FROM coupon_change; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL "
            "SELECT i + 1 FROM n WHERE i < " +
            std::to_string(faults) +
            ") "
            "INSERT INTO coupon_change SELECT i, 2, 'update', '', 0 FROM n;"
            "CREATE INDEX planted ON coupon_change (detail); PRAGMA writable_schema = ON;"
            "UPDATE sqlite_master SET sql = 'CREATE INDEX planted ON coupon_change (action)' "
            "WHERE name = 'planted'");
        const auto report = MustRead()->Audit();
        ASSERT_TRUE(report);
        EXPECT_EQ(report->checks.front().violations, std::min(faults, kMost));
    }
}

TEST_F(SqliteReaderTest, AuditOfUnreadableRowsIsAReportAndNotAnError) {
    MakeStore();
    {
        std::fstream file(Database(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(Database()) - 4096));
        file << std::string(4096, '\x7F');
    }
    const auto report = MustRead()->Audit();
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->Passed());
    EXPECT_EQ(report->checks.front().promise, "structure");
    EXPECT_GE(report->checks.front().violations, 1);
}

TEST_F(SqliteReaderTest, AnInterruptedReaderReportsNoFaultAndLeavesNoBackup) {
    MakeStore();
    const auto ledger = MustOpen();
    const auto reader = MustRead();
    reader->Interrupt();
    EXPECT_EQ(reader->Audit().error().code, ErrorCode::kUnavailable);
    const std::filesystem::path backups = folder_ / "backups";
    std::filesystem::create_directory(backups);
    EXPECT_EQ(reader->Backup(backups / "copy.db").error().code, ErrorCode::kUnavailable);
    EXPECT_TRUE(std::filesystem::is_empty(backups));
}

TEST_F(SqliteReaderTest, BackupIsAStoreWithTheSameRows) {
    MakeStore();
    SqliteLedgerOptions copy_options;
    copy_options.data_dir = folder_ / "copy";
    std::filesystem::create_directories(copy_options.data_dir);
    const auto ledger = MustOpen();
    ASSERT_TRUE(Append(*ledger, MakeIssuances(2, 8, 500)));  // in the log only
    const auto result = MustRead()->Backup(copy_options.data_dir / "coupon.db");
    ASSERT_TRUE(result) << Describe(result.error());
    EXPECT_EQ(result->coupons, 2);
    EXPECT_EQ(result->issuances, 607);
    EXPECT_EQ(result->bytes, static_cast<std::int64_t>(std::filesystem::file_size(result->file)));
    ASSERT_TRUE(Append(*ledger, MakeIssuances(2, 508, 1)));  // after it

    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(copy_options.data_dir), {}), 1);
    EXPECT_TRUE(MustRead(result->file)->Audit()->Passed());
    const auto copy = MustOpen(copy_options);
    const auto rows = Load(*copy);
    ASSERT_TRUE(rows);
    const auto originals = Load(*ledger);
    ASSERT_EQ(rows->size() + 1, originals->size());
    for (std::size_t i = 0; i < rows->size(); ++i) {
        EXPECT_EQ(rows->at(i).issuance, originals->at(i).issuance);
    }
    EXPECT_TRUE(Append(*copy, MakeIssuances(2, 508, 1)));
}

TEST_F(SqliteReaderTest, BackupNeverReplacesAFile) {
    MakeStore();
    const std::filesystem::path target = folder_ / "copy.db";
    std::ofstream(target) << "precious";
    EXPECT_EQ(MustRead()->Backup(target).error().code, ErrorCode::kConflict);
    EXPECT_EQ(std::filesystem::file_size(target), 8u);
    EXPECT_EQ(MustRead()->Backup(Database()).error().code, ErrorCode::kConflict);
}

TEST_F(SqliteReaderTest, BackupRefusesTheNameOfALogThatWouldBeReplayedIntoIt) {
    MakeStore();
    std::ofstream(folder_ / "copy.db-wal") << "left over";
    EXPECT_EQ(MustRead()->Backup(folder_ / "copy.db").error().code, ErrorCode::kConflict);
}

TEST_F(SqliteReaderTest, BackupIntoAFolderThatIsNotThereFails) {
    MakeStore();
    const auto result = MustRead()->Backup(folder_ / "nowhere" / "copy.db");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kCannotCreate);
}

}  // namespace
}  // namespace coupon::ledger
