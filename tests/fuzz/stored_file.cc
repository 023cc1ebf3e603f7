#include "tests/fuzz/stored_file.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "common/check.h"
#include "ledger/row_checksum.h"
#include "ledger/row_key.h"
#include "ledger/sqlite_connection.h"
#include "ledger/sqlite_coupon_row.h"
#include "ledger/sqlite_ledger.h"

namespace coupon::fuzz {
namespace {

using ledger::SqliteLedger;

constexpr WallTime kNoon{std::chrono::milliseconds(1'800'000'000'000)};
constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kBlockBytes = 64;
constexpr int kEditsMax = 16;

Coupon MakeCoupon(std::int64_t id, std::int64_t total) {
    return {.id = CouponId(id),
            .name = "Welcome",
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

std::unique_ptr<SqliteLedger> Open(const std::filesystem::path& folder) {
    auto ledger = SqliteLedger::Open({.data_dir = folder, .vfs = {}});
    CHECK(ledger);
    return std::move(*ledger);
}

void Append(SqliteLedger& ledger, std::int64_t coupon, std::int64_t first, std::int64_t count) {
    std::vector<Issuance> rows;
    for (std::int64_t sequence = first; sequence < first + count; ++sequence) {
        rows.push_back({CouponId(coupon), Sequence(sequence), UserId(1000 + sequence),
                        kNoon + std::chrono::milliseconds(sequence)});
    }
    CHECK(ledger.Write({.issuances = rows, .redemptions = {}, .undos = {}}));
}

/// Coupon 1: 3 of 5, one redeemed. Coupon 2: 2 of 9. Small stocks: room for all holders is made at
/// every start.
void WriteFirstHalf(SqliteLedger& ledger) {
    CHECK(ledger.WriteCoupon({MakeCoupon(1, 5), "create", "", kNoon}));
    CHECK(ledger.WriteCoupon({MakeCoupon(2, 9), "create", "", kNoon}));
    Append(ledger, 1, 1, 3);
    Append(ledger, 2, 1, 2);
    const Redemption redemption{CouponId(1), Sequence(2), Money(9000),
                                kNoon + std::chrono::hours(2)};
    CHECK(ledger.Write({.issuances = {}, .redemptions = {&redemption, 1}, .undos = {}}));
}

std::string ReadAll(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

StoredFile Take(const std::filesystem::path& folder) {
    return {.database = ReadAll(folder / "coupon.db"), .log = ReadAll(folder / "coupon.db-wal")};
}

/// Checksums that fit the coupons and redemptions as they then are.
std::string Fitting() {
    return "UPDATE coupon SET checksum = checksum_of(" + std::string(ledger::kCouponColumns) +
           "); UPDATE coupon_redemption SET checksum = "
           "checksum_of(key, order_amount, date_redeemed);";
}

/// A row whose checksum fits, whatever else it breaks.
std::string Row(std::int64_t coupon, std::int64_t sequence, std::int64_t user) {
    const std::int64_t key = ledger::RowKey(CouponId(coupon), Sequence(sequence));
    const auto checksum = ledger::RowChecksum(key, UserId(user), kNoon);
    return "INSERT OR REPLACE INTO coupon_issuance (key, user_id, date_issued, checksum) VALUES (" +
           std::to_string(key) + ", " + std::to_string(user) + ", " +
           std::to_string(kNoon.time_since_epoch().count()) + ", " + std::to_string(checksum) +
           ");";
}

std::vector<std::string> BrokenPromises() {
    return {
        Row(1, 3, 1001),  // P4: user 1001 twice
        "UPDATE coupon SET total_quantity = 2 WHERE id = 1;",  // P2: more rows than stock
        "UPDATE coupon SET issued_quantity = 2 WHERE id = 1;",  // the counter is off
        "DELETE FROM coupon_issuance WHERE key = (1 << 40) + 2;",  // a gap
        "DELETE FROM coupon WHERE id = 2;",  // rows without a coupon
        Row(0, 1, 1001),  // a coupon that cannot be
        Row(1, 3, 0),  // a user that cannot be
        "INSERT INTO coupon_redemption (key, order_amount, date_redeemed) VALUES ((2 << 40) + 9, "
        "1, 1);",
        "UPDATE coupon SET date_issue_end = date_issue_start WHERE id = 2;",
        "UPDATE coupon SET name = CAST(x'FF' AS TEXT) WHERE id = 2;",
        "UPDATE coupon SET total_quantity = NULL WHERE id = 2;",  // breaks none: unlimited
    };
}

/// Values that could be, under the checksums of those that were written.
std::vector<std::string> UnwrittenValues() {
    return {
        "UPDATE coupon SET total_quantity = 6 WHERE id = 1;",
        "UPDATE coupon_redemption SET order_amount = 9001;",
    };
}

StoredFile Break(StoredFile file, const std::string& sql, const std::filesystem::path& folder) {
    Put(file, folder);
    {
        auto connection = ledger::Connection::Open(folder / "coupon.db",
                                                   ledger::Connection::Mode::kReadWriteCreate, {});
        CHECK(connection);
        connection->SetCheckpointOnClose(true);
        CHECK(connection->Execute("PRAGMA ignore_check_constraints = ON;" + sql));
    }
    file = Take(folder);
    file.sound = false;
    return file;
}

void ChangeByte(std::string& bytes, std::size_t at, std::uint8_t value) {
    if (!bytes.empty()) bytes[at % bytes.size()] = static_cast<char>(value);
}

void CopyWithin(std::string& bytes, std::size_t size, std::size_t from, std::size_t to) {
    const std::size_t blocks = bytes.size() / size;
    if (blocks == 0) return;
    const std::string block = bytes.substr(from % blocks * size, size);
    bytes.replace(to % blocks * size, size, block);
}

}  // namespace

std::vector<StoredFile> MakeStores(const std::filesystem::path& folder) {
    Put({}, folder);
    WriteFirstHalf(*Open(folder));
    const StoredFile closed = Take(folder);
    std::vector<StoredFile> stores{closed};
    {
        const auto ledger = Open(folder);
        Append(*ledger, 1, 4, 2);
        Append(*ledger, 2, 3, 1);
        stores.push_back(Take(folder));  // while it is open: as after kill -9
    }
    CHECK(closed.log.empty() && !stores.back().log.empty());
    for (const std::string& sql : BrokenPromises()) {
        stores.push_back(Break(closed, sql + Fitting(), folder));
    }
    for (const std::string& sql : UnwrittenValues()) stores.push_back(Break(closed, sql, folder));
    return stores;
}

void Damage(StoredFile& file, FuzzInput& input) {
    for (int edits = 0; edits < kEditsMax && !input.Empty(); ++edits) {
        file.sound = false;
        std::string& bytes = (input.Byte() & 1) == 0 ? file.database : file.log;
        switch (input.Byte() % 5) {
            case 0: {
                const std::size_t at = input.Word();
                ChangeByte(bytes, at, input.Byte());
                break;
            }
            case 1: {
                const std::size_t at = input.Word();
                for (std::size_t i = 0; i < 8; ++i) ChangeByte(bytes, at + i, input.Byte());
                break;
            }
            case 2: bytes.resize(input.Word() % (bytes.size() + 1)); break;
            case 3: {
                const std::size_t from = input.Short();
                CopyWithin(bytes, kPageBytes, from, input.Short());
                break;
            }
            case 4: {
                const std::size_t from = input.Short();
                CopyWithin(bytes, kBlockBytes, from, input.Short());
                break;
            }
        }
    }
}

void Put(const StoredFile& file, const std::filesystem::path& folder) {
    const auto write = [&](const char* name, const std::string& bytes) {
        std::ofstream out(folder / name, std::ios::binary | std::ios::trunc);
        out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        CHECK(out.flush().good());
    };
    for (const char* name : {"coupon.db", "coupon.db-wal", "coupon.db-shm"}) {
        std::filesystem::remove(folder / name);
    }
    if (!file.database.empty()) write("coupon.db", file.database);
    if (!file.log.empty()) write("coupon.db-wal", file.log);
}

}  // namespace coupon::fuzz
