#include "ledger/sqlite_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ledger/row_checksum.h"
#include "ledger/sqlite_coupon_row.h"
#include "ledger/sqlite_migrations.h"
#include "ledger/sqlite_test_store.h"

namespace coupon::ledger {
namespace {

using ::testing::HasSubstr;

class SqliteStoreTest : public SqliteTestStore {
protected:
    /// Refused as damaged, the file named and untouched.
    void ExpectDamaged(const std::string& what) {
        const std::string before = ReadFile(Database());
        const Error error = OpenError();
        EXPECT_EQ(error.code, ErrorCode::kDamaged) << Describe(error);
        EXPECT_THAT(error.detail, HasSubstr(Database().string()));
        EXPECT_THAT(error.detail, HasSubstr(what));
        EXPECT_THAT(error.detail, HasSubstr("backup"));
        EXPECT_EQ(ReadFile(Database()), before);
    }
    /// Opens, but the coupons' load finds the damage.
    void ExpectDamagedCoupons(const std::string& what) {
        const auto coupons = MustOpen()->LoadCoupons();
        ASSERT_FALSE(coupons) << what;
        EXPECT_EQ(coupons.error().code, ErrorCode::kDamaged);
        EXPECT_THAT(coupons.error().detail, HasSubstr(what));
    }
    /// Opens, but the rows' load finds the damage.
    void ExpectDamagedRows(const std::string& what) {
        const auto ledger = MustOpen();
        ASSERT_TRUE(ledger);
        const auto rows = Load(*ledger);
        ASSERT_FALSE(rows);
        EXPECT_EQ(rows.error().code, ErrorCode::kDamaged);
        EXPECT_THAT(rows.error().detail, HasSubstr(what));
    }
};

TEST_F(SqliteStoreTest, TakesAnEmptyFileForANewStore) {
    WriteFile(Database(), "");
    EXPECT_NE(MustOpen(), nullptr);
}

TEST_F(SqliteStoreTest, ReopensWithoutMigratingAgain) {
    MakeStore();
    for (int i = 0; i < 3; ++i) EXPECT_NE(MustOpen(), nullptr);
    Result<Connection> file = Connection::Open(Database(), Connection::Mode::kReadOnly, {});
    EXPECT_EQ(file->QueryInt("SELECT count(*) FROM schema_version"),
              static_cast<std::int64_t>(SchemaScripts().size()));
    EXPECT_EQ(file->QueryInt("PRAGMA application_id"), kApplicationId);
}

TEST_F(SqliteStoreTest, RunsOnlyTheStepsThatAreNew) {
    MakeStore();
    Result<Connection> file = Connection::Open(Database(), Connection::Mode::kReadWriteCreate, {});
    std::vector<SchemaScript> scripts(SchemaScripts().begin(), SchemaScripts().end());
    const int known = scripts.back().version;
    scripts.push_back({known + 1, "good", "CREATE TABLE good(a INTEGER) STRICT;"});
    scripts.push_back(
        {known + 2, "bad", "CREATE TABLE half(a INTEGER); CREATE TABLE good(a INTEGER);"});
    EXPECT_EQ(CheckIdentity(*file, scripts), known);
    EXPECT_FALSE(Migrate(*file, known, scripts));
    EXPECT_EQ(CheckIdentity(*file, scripts), known + 1);
    EXPECT_EQ(file->QueryInt("SELECT count(*) FROM sqlite_schema WHERE name = 'good'"), 1);
    EXPECT_EQ(file->QueryInt("SELECT count(*) FROM sqlite_schema WHERE name = 'half'"), 0);
}

TEST_F(SqliteStoreTest, RefusesWhatIsNotADatabase) {
    WriteFile(Database(), std::string(10'000, 'x'));
    ExpectDamaged("not a database");
}

TEST_F(SqliteStoreTest, RefusesADatabaseOfSomebodyElse) {
    std::filesystem::create_directories(folder_);
    Plant("CREATE TABLE theirs(a); PRAGMA application_id = 7;");
    ExpectDamaged("not one of the coupon service");
}

TEST_F(SqliteStoreTest, RefusesATruncatedFile) {
    MakeStore();
    const auto bytes = std::filesystem::file_size(Database());
    for (const std::uintmax_t kept :
         {bytes - 4096, bytes / 2, std::uintmax_t{4096}, std::uintmax_t{100}}) {
        std::filesystem::resize_file(Database(), kept);
        ExpectDamaged("");
    }
}

// The missing end of the last page would read as zeros.
TEST_F(SqliteStoreTest, RefusesAFileThatEndsWithinAPage) {
    {
        const auto ledger = MustOpen();
        const std::vector<Issuance> rows = MakeIssuances(1, 1, 600);
        std::vector<Redemption> uses;
        for (const Issuance& row : rows) {
            uses.push_back({row.coupon_id, row.sequence, Money(9000), kNoon});
        }
        ASSERT_TRUE(Create(*ledger, MakeCoupon(1)));
        ASSERT_TRUE(Append(*ledger, rows));
        ASSERT_TRUE(ledger->Write({.issuances = {}, .redemptions = uses, .undos = {}}));
    }
    for (const std::uintmax_t missing : {1U, 7U, 100U}) {
        std::filesystem::resize_file(Database(), std::filesystem::file_size(Database()) - missing);
        ExpectDamaged("ends within a page");
    }
}

TEST_F(SqliteStoreTest, RefusesALogWithoutItsFile) {
    MakeStore();
    WriteFile(Log(), std::string(5000, 'x'));
    std::filesystem::resize_file(Database(), 0);
    ExpectDamaged("is empty, but its log");
    std::filesystem::remove(Database());
    ExpectDamaged("is missing, but its log");
    EXPECT_FALSE(std::filesystem::exists(Database()));
}

TEST_F(SqliteStoreTest, RefusesANewerSchema) {
    MakeStore();
    Plant("INSERT INTO schema_version SELECT max(version) + 1, 'future', 0 FROM schema_version");
    ExpectDamaged("newer program");
}

TEST_F(SqliteStoreTest, RefusesASchemaThatLacksAColumn) {
    MakeStore();
    Plant("ALTER TABLE coupon_redemption DROP COLUMN date_redeemed");
    ExpectDamaged("date_redeemed");
}

TEST_F(SqliteStoreTest, RefusesACouponThatCannotBe) {
    MakeStore();
    Plant("UPDATE coupon SET state = 'ajar' WHERE id = 2");
    ExpectDamaged("CHECK constraint failed");
}

TEST_F(SqliteStoreTest, RefusesACouponNameThatIsNotUtf8) {
    MakeStore();
    Plant("UPDATE coupon SET name = CAST(x'41C0AF' AS TEXT) WHERE id = 2");
    ExpectDamagedCoupons("coupon 2: name");
}

TEST_F(SqliteStoreTest, FindsAFlippedByteOfARow) {
    MakeStore();
    // The stored form of user 1042's row: 2 bytes user, 6 bytes time; the low byte of the time is
    // turned over.
    std::string bytes = ReadFile(Database());
    const std::int64_t ms = kNoon.time_since_epoch().count() + 42;
    std::string stored("\x04\x12", 2);
    for (int shift = 40; shift >= 0; shift -= 8) {
        stored.push_back(static_cast<char>((ms >> shift) & 0xFF));
    }
    const std::size_t at = bytes.find(stored);
    ASSERT_NE(at, std::string::npos);
    bytes[at + 7] = static_cast<char>(bytes[at + 7] ^ 0x01);
    WriteFile(Database(), bytes);
    ExpectDamagedRows("coupon 1 sequence 42: the row's checksum does not fit");
}

TEST_F(SqliteStoreTest, FindsAPageOfRowsOverwritten) {
    MakeStore();
    std::string bytes = ReadFile(Database());
    Result<Connection> file = Connection::Open(Database(), Connection::Mode::kReadOnly, {});
    const auto page =
        *file->QueryInt("SELECT rootpage FROM sqlite_schema WHERE name = 'coupon_issuance'");
    std::fill_n(bytes.begin() + (page - 1) * 4096, 4096, '\0');
    WriteFile(Database(), bytes);
    ExpectDamagedRows("");
}

TEST_F(SqliteStoreTest, FindsRowsThatContradictEachOther) {
    struct Fault {
        std::string sql;
        std::string what;
    };
    const std::vector<Fault> faults = {
        {"DELETE FROM coupon_issuance WHERE coupon_id = 1 AND sequence = 50",
         "sequence 50 is missing"},
        {"DELETE FROM coupon_issuance WHERE coupon_id = 1 AND sequence = 100",
         "100 issued, but 99 rows"},
        {"DELETE FROM coupon_issuance WHERE coupon_id = 2", "coupon 2: 7 issued, but no rows"},
        {"UPDATE coupon SET issued_quantity = 6 WHERE id = 2", "coupon 2: 6 issued, but 7 rows"},
        {"DELETE FROM coupon WHERE id = 2", "there is no such coupon"},
        {"INSERT INTO coupon_issuance (key, user_id, date_issued, checksum) VALUES (1, 1, 1, " +
             std::to_string(RowChecksum(1, UserId(1), FromMs(1))) + ")",
         "coupon 0 sequence 1: there is no such coupon"},
        {"INSERT INTO coupon_redemption VALUES ((2 << 40) + 8, 9000, 0, NULL)",
         "coupon 2 sequence 8 is redeemed"},
    };
    for (const Fault& fault : faults) {
        std::filesystem::remove_all(folder_);
        MakeStore();
        PlantFitting(fault.sql);
        ExpectDamagedRows(fault.what);
    }
}

}  // namespace
}  // namespace coupon::ledger
