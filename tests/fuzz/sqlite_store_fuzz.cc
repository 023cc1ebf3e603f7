// A damaged coupon.db and its log, opened as a service does at start. Either it is refused with an
// error that says so, or what comes back is what is stored, with checksums that fit, and holds P2
// and P4. The rows are read a second time with SQL and judged here, by rules that share no code
// with the ledger's and the engine's.

#include <array>
#include <cstdlib>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "admission/embedded_admission.h"
#include "common/check.h"
#include "ledger/sqlite_connection.h"
#include "ledger/sqlite_coupon_row.h"
#include "ledger/sqlite_ledger.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/stored_file.h"
#include "tests/support/temporary_folder.h"

namespace coupon::fuzz {
namespace {

using ledger::Connection;
using ledger::SqliteLedger;

class StoppedClock final : public Clock {
public:
    WallTime WallNow() const noexcept override { return {}; }
    MonotonicTime MonotonicNow() const noexcept override { return {}; }
};

/// A row of coupon_issuance.
struct StoredRow {
    std::int64_t key = 0, user = 0, issued_ms = 0, checksum = 0;
    std::int64_t CouponNumber() const { return key >> 40; }
    std::int64_t SequenceNumber() const { return key & 0xFF'FFFF'FFFF; }
};

/// CRC32C bit by bit over three little-endian numbers.
std::int32_t NaiveChecksum(const StoredRow& row) {
    std::uint32_t crc = ~std::uint32_t{0};
    for (const std::int64_t number : {row.key, row.user, row.issued_ms}) {
        for (int bit = 0; bit < 64; ++bit) {
            const bool one = ((static_cast<std::uint64_t>(number) >> bit) & 1) != 0;
            const bool out = ((crc & 1) != 0) != one;
            crc = (crc >> 1) ^ (out ? 0x82F63B78 : 0);
        }
    }
    return static_cast<std::int32_t>(~crc);
}

/// What the file says when it is just read.
struct NaiveContent {
    struct CouponRow {
        std::optional<std::int64_t> total;
        std::int64_t issued = 0;
    };
    std::map<std::int64_t, CouponRow> coupons;
    std::vector<StoredRow> rows;  ///< by key
    std::set<std::int64_t> redeemed;
};

template <class Take>
void EachRow(Connection& connection, std::string_view sql, Take take) {
    auto rows = connection.Prepare(sql);
    CHECK(rows);
    int code = rows->Step();
    for (; code == SQLITE_ROW; code = rows->Step()) take(*rows);
    CHECK(code == SQLITE_DONE);
}

NaiveContent ReadContent(const std::filesystem::path& database) {
    auto connection = Connection::Open(database, Connection::Mode::kReadOnly, {});
    CHECK(connection);
    // The one rule that borrows: checksum_of is the ledger's own.
    CHECK(connection->QueryInt("SELECT count(*) FROM coupon WHERE checksum IS NOT checksum_of(" +
                               std::string(ledger::kCouponColumns) + ")") == 0);
    CHECK(connection->QueryInt("SELECT count(*) FROM coupon_redemption WHERE checksum IS NOT "
                               "checksum_of(key, order_amount, date_redeemed)") == 0);
    NaiveContent content;
    EachRow(*connection, "SELECT id, total_quantity, issued_quantity FROM coupon",
            [&](auto& row) { content.coupons[row.Int(0)] = {row.OptionalInt(1), row.Int(2)}; });
    EachRow(*connection,
            "SELECT key, user_id, date_issued, checksum FROM coupon_issuance ORDER BY key",
            [&](auto& row) {
                content.rows.push_back({row.Int(0), row.Int(1), row.Int(2), row.Int(3)});
            });
    EachRow(*connection, "SELECT key FROM coupon_redemption",
            [&](auto& row) { content.redeemed.insert(row.Int(0)); });
    return content;
}

/// What LoadIssuances promises of rows that it hands over to the end.
void CheckLoaded(const NaiveContent& content,
                 const std::vector<SqliteLedger::StoredIssuance>& loaded) {
    CHECK(loaded.size() == content.rows.size());
    std::map<std::int64_t, std::int64_t> counted;
    std::size_t redeemed = 0;
    for (std::size_t i = 0; i < loaded.size(); ++i) {
        const StoredRow& row = content.rows[i];
        const Issuance& issuance = loaded[i].issuance;
        CHECK(issuance.coupon_id.value == row.CouponNumber());
        CHECK(issuance.sequence.value == row.SequenceNumber());
        CHECK(issuance.user_id.value == row.user);
        CHECK(issuance.issued_at.time_since_epoch().count() == row.issued_ms);
        CHECK(row.checksum == NaiveChecksum(row));
        CHECK(content.coupons.contains(row.CouponNumber()));
        CHECK(row.SequenceNumber() == ++counted[row.CouponNumber()]);
        CHECK(loaded[i].redeemed == content.redeemed.contains(row.key));
        redeemed += loaded[i].redeemed ? 1 : 0;
    }
    CHECK(redeemed == content.redeemed.size());
    for (const auto& [id, coupon] : content.coupons) CHECK(coupon.issued == counted[id]);
}

/// P2 and P4, and that every user is one.
bool KeepsPromises(const NaiveContent& content) {
    std::set<std::pair<std::int64_t, std::int64_t>> holders;
    for (const StoredRow& row : content.rows) {
        if (row.user < 1 || !holders.insert({row.CouponNumber(), row.user}).second) return false;
    }
    for (const auto& [id, coupon] : content.coupons) {
        if (coupon.total && coupon.issued > *coupon.total) return false;
    }
    return true;
}

void CheckRefusal(const Error& error) {
    CHECK(error.code == ErrorCode::kDamaged || error.code == ErrorCode::kCannotCreate ||
          error.code == ErrorCode::kStorageFailed);
    CHECK(error.applied == Applied::kNo);
    CHECK(!error.detail.empty());
}

/// The ledger alone: nullopt when it refuses.
std::optional<NaiveContent> OpenLedger(const std::filesystem::path& folder) {
    auto ledger = SqliteLedger::Open({.data_dir = folder, .vfs = {}});
    if (!ledger) return CheckRefusal(ledger.error()), std::nullopt;
    const auto coupons = (*ledger)->LoadCoupons();
    if (!coupons) return CheckRefusal(coupons.error()), std::nullopt;
    std::vector<SqliteLedger::StoredIssuance> loaded;
    const auto done = (*ledger)->LoadIssuances([&](const SqliteLedger::StoredIssuance& row) {
        loaded.push_back(row);
        return Result<void>();
    });
    if (!done) return CheckRefusal(done.error()), std::nullopt;
    NaiveContent content = ReadContent((*ledger)->DatabasePath());
    CHECK(coupons->size() == content.coupons.size());
    CheckLoaded(content, loaded);
    return content;
}

/// The whole start: taken if and only if the ledger takes it and the promises are kept.
void OpenAdmission(const std::filesystem::path& folder,
                   const std::optional<NaiveContent>& content) {
    static const StoppedClock clock;
    const auto admission = admission::EmbeddedAdmission::Open(
        {.ledger = {.data_dir = folder, .vfs = {}}, .hash_seed = 1}, clock);
    if (!admission) CheckRefusal(admission.error());
    CHECK(admission.has_value() == (content && KeepsPromises(*content)));
    if (!admission) return;
    const auto& reader = (*admission)->Reader();
    for (const StoredRow& row : content->rows) {
        const auto held = reader.FindHolding(CouponId(row.CouponNumber()), UserId(row.user));
        CHECK(held && held->sequence.value == row.SequenceNumber());
    }
    for (const auto& [id, coupon] : content->coupons) {
        CHECK(reader.FindCoupon(CouponId(id))->issued == coupon.issued);
    }
}

/// In memory where there is some: every store is synced several times. TMPDIR overrules it.
void PreferMemory() {
    if (std::filesystem::is_directory("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 0);
}

}  // namespace
}  // namespace coupon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace coupon::fuzz;
    PreferMemory();
    static const coupon::support::TemporaryFolder folder;
    static const std::vector<StoredFile> stores = MakeStores(folder.Path());
    FuzzInput input(data, size);
    StoredFile file = stores[input.Byte() % stores.size()];
    Damage(file, input);
    Put(file, folder.Path());
    const auto content = OpenLedger(folder.Path());
    Put(file, folder.Path());  // closing it moved the log into the file
    OpenAdmission(folder.Path(), content);
    CHECK(!file.sound || (content && KeepsPromises(*content)));
    return 0;
}
