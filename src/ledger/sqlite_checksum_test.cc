#include "ledger/sqlite_checksum.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>

#include "ledger/row_checksum.h"
#include "ledger/row_key.h"
#include "ledger/sqlite_migrations.h"
#include "ledger/sqlite_test_store.h"

namespace coupon::ledger {
namespace {

using ::testing::HasSubstr;

class SqliteChecksumTest : public SqliteTestStore {
protected:
    Connection MustConnect() {
        std::filesystem::create_directories(folder_);
        return *Connection::Open(Database(), Connection::Mode::kReadWriteCreate, {});
    }
    /// What the loads of a start say; "" if they take the store.
    std::string StartSays() {
        const auto ledger = MustOpen();
        if (const auto coupons = ledger->LoadCoupons(); !coupons) return DamageOf(coupons.error());
        if (const auto rows = Load(*ledger); !rows) return DamageOf(rows.error());
        return "";
    }
    static std::string DamageOf(const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::kDamaged) << Describe(error);
        return error.detail;
    }
    /// Coupon 1 (1 of 100, redeemed) as the program of the first schema wrote it.
    void MakeStoreOfSchema1() {
        Connection file = MustConnect();
        ASSERT_TRUE(file.Execute("PRAGMA journal_mode = WAL"));
        ASSERT_TRUE(Migrate(file, 0, SchemaScripts().first(1)));
        const Issuance row = MakeIssuances(1, 1, 1)[0];
        const std::int64_t key = RowKey(row.coupon_id, row.sequence);
        const Result<void> written = file.Execute(
            fmt::format("INSERT INTO coupon ({}, issued_quantity) "
                        "VALUES (1, 'Welcome', 100, 1000, 5000, {}, {}, NULL, 'open', 0, 5, 6, 1);"
                        "INSERT INTO coupon_issuance (key, user_id, date_issued, checksum) "
                        "VALUES ({}, {}, {}, {});"
                        "INSERT INTO coupon_redemption (key, order_amount, date_redeemed) "
                        "VALUES ({}, 9000, {});",
                        kCouponColumns, ToMs(kNoon), ToMs(kNoon) + 1000, key, row.user_id.value,
                        ToMs(row.issued_at), RowChecksum(key, row.user_id, row.issued_at), key,
                        ToMs(row.issued_at) + 1));
        ASSERT_TRUE(written) << Describe(written.error());
    }
};

TEST_F(SqliteChecksumTest, IsTheCrcOfTypesAndValuesForEver) {
    struct Encoded {
        std::int64_t integer_type = SQLITE_INTEGER, number = -7;
        std::int64_t text_type = SQLITE_TEXT, size = 8;
        char text[8] = {'W', 'e', 'l', 'c', 'o', 'm', 'e', '!'};
        std::int64_t null_type = SQLITE_NULL;
    };
    const Encoded encoded;
    const auto expected = static_cast<std::int32_t>(Crc32c(std::as_bytes(std::span(&encoded, 1))));
    EXPECT_EQ(MustConnect().QueryInt("SELECT checksum_of(-7, 'Welcome!', NULL)"), expected);
    EXPECT_EQ(expected, -184293013);
}

TEST_F(SqliteChecksumTest, TellsValuesApartThatLookAlike) {
    for (const std::string_view pair :
         {"checksum_of(1, 2) = checksum_of(2, 1)",
          "checksum_of('ab', 'c') = checksum_of('a', 'bc')", "checksum_of('') = checksum_of(NULL)",
          "checksum_of('1') = checksum_of(1)", "checksum_of(x'41') = checksum_of('A')",
          "checksum_of(0) = checksum_of(NULL)"}) {
        EXPECT_EQ(MustConnect().QueryInt(fmt::format("SELECT {}", pair)), 0) << pair;
    }
}

TEST_F(SqliteChecksumTest, FindsAPossibleValueInEveryColumnOfACoupon) {
    const std::vector<std::string> changes = {
        "id = 3",
        "name = 'Welcomf'",
        "total_quantity = 7",
        "discount_price = 1001",
        "minimum_price = 5001",
        "date_issue_start = date_issue_start - 1",
        "date_issue_end = date_issue_end + 1",
        "expires_at = NULL",
        "state = 'paused'",
        "shadow = 1",
        "date_created = date_created - 1",
        "date_updated = date_updated + 1",
    };
    ASSERT_EQ(changes.size(), static_cast<std::size_t>(kCouponColumnCount));
    for (const std::string& change : changes) {
        std::filesystem::remove_all(folder_);
        MakeStore();
        Plant("UPDATE coupon SET " + change + " WHERE id = 2");
        const std::string named = change == changes.front() ? "coupon 3" : "coupon 2";
        EXPECT_THAT(StartSays(), HasSubstr(named + ": the row's checksum does not fit")) << change;
    }
}

TEST_F(SqliteChecksumTest, FindsAPossibleValueInEveryColumnOfARedemption) {
    for (const std::string change : {"key = key + 1", "order_amount = order_amount + 1",
                                     "date_redeemed = date_redeemed + 1"}) {
        std::filesystem::remove_all(folder_);
        MakeStore();
        Plant("UPDATE coupon_redemption SET " + change);
        const std::string sequence = change.starts_with("key") ? "6" : "5";
        EXPECT_THAT(StartSays(), HasSubstr("coupon 1 sequence " + sequence +
                                           " is redeemed, but that row's checksum does not fit"))
            << change;
    }
}

TEST_F(SqliteChecksumTest, TakesARowWithoutItsChecksumForDamage) {
    for (const std::string table : {"coupon", "coupon_redemption"}) {
        for (const std::string checksum : {"NULL", "0", "checksum + 1"}) {
            std::filesystem::remove_all(folder_);
            MakeStore();
            Plant("UPDATE " + table + " SET checksum = " + checksum);
            EXPECT_THAT(StartSays(), HasSubstr("checksum does not fit")) << table << checksum;
        }
    }
}

TEST_F(SqliteChecksumTest, FitsACouponThatWasChanged) {
    MakeStore();
    Coupon changed = MakeCoupon(1, 200);
    changed.state = CouponState::kPaused;
    changed.expires_at.reset();
    ASSERT_TRUE(MustOpen()->WriteCoupon({changed, "update", "", kNoon}));
    ASSERT_EQ(StartSays(), "");
    EXPECT_EQ(MustOpen()->LoadCoupons()->at(0).coupon, changed);
}

TEST_F(SqliteChecksumTest, AStoreOfTheFirstSchemaGetsItsChecksums) {
    MakeStoreOfSchema1();
    ASSERT_EQ(StartSays(), "");
    EXPECT_EQ(MustOpen()->LoadCoupons()->at(0).coupon.name, "Welcome");
    EXPECT_TRUE(Load(*MustOpen())->at(0).redeemed);
    EXPECT_TRUE(Append(*MustOpen(), MakeIssuances(1, 2, 1)));
    EXPECT_TRUE((*SqliteReader::Open(Database()))->Audit()->Passed());
    Plant("UPDATE coupon SET total_quantity = 101");
    EXPECT_THAT(StartSays(), HasSubstr("coupon 1: the row's checksum does not fit"));
}

TEST_F(SqliteChecksumTest, ADamagedStoreOfTheFirstSchemaIsRefusedAsItWasFound) {
    MakeStoreOfSchema1();
    Plant("UPDATE coupon SET state = 'ajar'");
    EXPECT_THAT(DamageOf(OpenError()), HasSubstr("CHECK constraint failed"));
    EXPECT_EQ(MustConnect().QueryInt("SELECT max(version) FROM schema_version"), 1);
}

}  // namespace
}  // namespace coupon::ledger
