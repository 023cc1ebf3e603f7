#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "common/limits.h"
#include "ledger/sqlite_connection.h"
#include "ledger/sqlite_coupon_row.h"
#include "ledger/sqlite_ledger.h"
#include "ledger/sqlite_reader.h"
#include "tests/support/temporary_folder.h"

/// What the ledger's tests share: a folder of their own, coupons and rows to write, and a way to
/// plant faults.
namespace coupon::ledger {

inline constexpr WallTime kNoon{std::chrono::milliseconds(1'800'000'000'000)};

inline Coupon MakeCoupon(std::int64_t id, std::optional<std::int64_t> total = std::nullopt) {
    return {.id = CouponId(id),
            .name = "Welcome \xED\x95\x9C\xEA\xB5\xAD",
            .total_quantity = total,
            .discount_price = Money(1000),
            .minimum_price = Money(5000),
            .issue_start = kNoon,
            .issue_end = kNoon + std::chrono::hours(1),
            .expires_at = kNoon + std::chrono::days(30),
            .state = CouponState::kOpen,
            .shadow = false,
            .created_at = kNoon,
            .updated_at = kNoon};
}

/// `count` issuances from sequence `first`; the user is 1000 + sequence.
inline std::vector<Issuance> MakeIssuances(std::int64_t coupon, std::int64_t first,
                                           std::int64_t count) {
    std::vector<Issuance> rows;
    for (std::int64_t sequence = first; sequence < first + count; ++sequence) {
        rows.push_back({CouponId(coupon), Sequence(sequence), UserId(1000 + sequence),
                        kNoon + std::chrono::milliseconds(sequence)});
    }
    return rows;
}

/// A store in a folder (not made yet) that goes when the test ends.
class SqliteTestStore : public ::testing::Test {
protected:
    SqliteTestStore() { options_.data_dir = folder_; }

    std::filesystem::path Database() const { return folder_ / kDatabaseFile; }
    std::filesystem::path Log() const { return folder_ / "coupon.db-wal"; }

    std::unique_ptr<SqliteLedger> MustOpen() { return MustOpen(options_); }
    static std::unique_ptr<SqliteLedger> MustOpen(const SqliteLedgerOptions& options) {
        Result<std::unique_ptr<SqliteLedger>> ledger = SqliteLedger::Open(options);
        if (!ledger) ADD_FAILURE() << Describe(ledger.error());
        return ledger ? std::move(*ledger) : nullptr;
    }
    /// The error of an Open that must fail.
    Error OpenError() {
        Result<std::unique_ptr<SqliteLedger>> ledger = SqliteLedger::Open(options_);
        EXPECT_FALSE(ledger);
        return ledger ? Error{} : ledger.error();
    }
    static Result<void> Create(SqliteLedger& ledger, const Coupon& coupon) {
        return ledger.WriteCoupon({coupon, "create", "", kNoon});
    }
    static Result<void> Append(SqliteLedger& ledger, const std::vector<Issuance>& rows) {
        return ledger.Write({.issuances = rows, .redemptions = {}, .undos = {}});
    }
    static std::string ReadFile(const std::filesystem::path& file) {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    static void WriteFile(const std::filesystem::path& file, const std::string& bytes) {
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << bytes;
    }
    /// A store with coupon 1 (100 of 100, one redeemed) and coupon 2 (7 of unlimited), closed.
    void MakeStore() {
        const auto ledger = MustOpen();
        ASSERT_TRUE(Create(*ledger, MakeCoupon(1, 100)));
        ASSERT_TRUE(Create(*ledger, MakeCoupon(2)));
        ASSERT_TRUE(Append(*ledger, MakeIssuances(1, 1, 100)));
        ASSERT_TRUE(Append(*ledger, MakeIssuances(2, 1, 7)));
        const Redemption redemption{CouponId(1), Sequence(5), Money(9000),
                                    kNoon + std::chrono::hours(2)};
        ASSERT_TRUE(ledger->Write({.issuances = {}, .redemptions = {&redemption, 1}, .undos = {}}));
    }
    /// Writes past all rules, as a fault would.
    void Plant(const std::string& sql) {
        Result<Connection> connection =
            Connection::Open(Database(), Connection::Mode::kReadWriteCreate, {});
        ASSERT_TRUE(connection);
        connection->SetCheckpointOnClose(true);
        const Result<void> planted =
            connection->Execute("PRAGMA ignore_check_constraints = ON;" + sql);
        ASSERT_TRUE(planted) << Describe(planted.error());
    }
    /// The same with checksums that fit the changed coupons and redemptions: what is wrong with
    /// them is found by something else.
    void PlantFitting(const std::string& sql) {
        Plant(sql + "; UPDATE coupon SET checksum = checksum_of(" + std::string(kCouponColumns) +
              "); UPDATE coupon_redemption SET checksum = "
              "checksum_of(key, order_amount, date_redeemed);");
    }
    static Result<std::vector<SqliteLedger::StoredIssuance>> Load(SqliteLedger& ledger) {
        std::vector<SqliteLedger::StoredIssuance> rows;
        const Result<void> loaded =
            ledger.LoadIssuances([&](const SqliteLedger::StoredIssuance& row) {
                rows.push_back(row);
                return Result<void>();
            });
        if (!loaded) return std::unexpected(loaded.error());
        return rows;
    }

    const support::TemporaryFolder temporary_;
    const std::filesystem::path folder_ = temporary_.Path() / "store";
    SqliteLedgerOptions options_;
};

}  // namespace coupon::ledger
