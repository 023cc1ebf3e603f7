#include "ledger/mysql_issuance_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "common/limits_distributed.h"
#include "common/time_format.h"
#include "ledger/mysql_issuance_row.h"
#include "ledger/mysql_pool.h"
#include "ledger/mysql_transaction.h"
#include "ledger/mysql_values.h"

namespace coupon::ledger {
namespace {

using Rows = std::span<const Issuance>;
/// Rows of the ledger, by user or by sequence.
using RowsByNumber = std::map<std::int64_t, Issuance>;

/// One attempt at a batch, inside a transaction.
class Attempt {
public:
    Attempt(MysqlConnection& connection, CouponId coupon, std::int64_t epoch)
        : connection_(connection), coupon_(coupon), epoch_(epoch) {}

    /// Anything but kWritten has to be rolled back.
    Result<WriteReport> Write(Rows rows);

private:
    Result<WriteVerdict> LockCoupon();
    Result<void> Insert(Rows rows);
    Result<void> CompareWithStored(Rows rows, std::size_t inserted);
    Result<RowsByNumber> ReadStored(std::string_view column, const std::string& numbers,
                                    std::int64_t (*key)(const Issuance&));
    Result<bool> CountNewRows();

    MysqlConnection& connection_;
    CouponId coupon_;
    std::int64_t epoch_;
    WriteReport report_;
};

std::int64_t UserOf(const Issuance& row) { return row.user_id.value; }
std::int64_t SequenceOf(const Issuance& row) { return row.sequence.value; }

/// "1,2,3" for IN (...).
std::string NumbersOf(Rows rows, std::int64_t (*key)(const Issuance&)) {
    std::string numbers;
    for (const Issuance& row : rows) {
        fmt::format_to(std::back_inserter(numbers), "{}{}", numbers.empty() ? "" : ",", key(row));
    }
    return numbers;
}

const Issuance* Find(const RowsByNumber& rows, std::int64_t number) {
    const auto found = rows.find(number);
    return found == rows.end() ? nullptr : &found->second;
}

// The coupon's row is locked first, before any of its issuances, though the guarded UPDATE would
// hold the line alone. So the epoch is known before any work is done, also where no row will be new
// and the UPDATE would change nothing. It stays what it is until COMMIT, so that an UPDATE that
// finds no row tells why. And two writers of one coupon work one after the other, in whatever order
// the two unique keys would make them take locks. It is one round trip a batch; the server's CPU a
// row is the same (2 shared cores, batches of 5,000). Redemptions do not take this lock.
Result<WriteVerdict> Attempt::LockCoupon() {
    const auto row = connection_.QueryRow(
        fmt::format("SELECT epoch FROM coupon WHERE id = {} FOR UPDATE", coupon_.value));
    if (!row) return std::unexpected(row.error());
    if (!*row) return WriteVerdict::kUnknownCoupon;
    if ((**row)[0] != std::to_string(epoch_)) return WriteVerdict::kOtherEpoch;
    return WriteVerdict::kWritten;
}

Result<WriteReport> Attempt::Write(Rows rows) {
    const auto locked = LockCoupon();
    if (!locked) return std::unexpected(locked.error());
    report_.verdict = *locked;
    if (*locked != WriteVerdict::kWritten) return report_;
    while (!rows.empty()) {
        const auto some = rows.first(std::min(rows.size(), limits::kLedgerRowsPerStatementMax));
        if (auto inserted = Insert(some); !inserted) return std::unexpected(inserted.error());
        rows = rows.subspan(some.size());
    }
    const auto fits = CountNewRows();
    if (!fits) return std::unexpected(fits.error());
    if (!*fits) return WriteReport{.verdict = WriteVerdict::kNoStock};
    return report_;
}

// Not INSERT IGNORE: that turns every error into a warning. Setting the key to itself changes
// nothing, so that a row that was there counts as 0 affected rows. Both ids are the stored row's:
// only with INSERT ... SELECT could MySQL take one for a column of the source.
Result<void> Attempt::Insert(Rows rows) {
    // The stamps are the columns' defaults: an expression a row is work for the server.
    std::string sql =
        "INSERT INTO coupon_issuance (coupon_id, user_id, sequence, date_issued) VALUES ";
    std::string_view comma;
    for (const Issuance& row : rows) {
        fmt::format_to(std::back_inserter(sql), "{}({},{},{},{})", comma, coupon_.value,
                       row.user_id.value, row.sequence.value, MysqlTime(row.issued_at));
        comma = ",";
    }
    sql += " ON DUPLICATE KEY UPDATE id = id";
    if (auto inserted = connection_.Execute(sql); !inserted) return inserted;
    const auto count = static_cast<std::size_t>(connection_.AffectedRows());
    report_.new_rows += count;
    if (count == rows.size()) return {};
    return CompareWithStored(rows, count);
}

Result<void> Attempt::CompareWithStored(Rows rows, std::size_t inserted) {
    const auto by_user = ReadStored("user_id", NumbersOf(rows, UserOf), UserOf);
    if (!by_user) return std::unexpected(by_user.error());
    std::vector<Issuance> others;
    for (const Issuance& row : rows) {
        const Issuance* stored = Find(*by_user, UserOf(row));
        if (stored == nullptr || stored->sequence != row.sequence) others.push_back(row);
    }
    report_.repeats += rows.size() - inserted - others.size();
    if (others.empty()) return {};
    const auto by_sequence = ReadStored("sequence", NumbersOf(others, SequenceOf), SequenceOf);
    if (!by_sequence) return std::unexpected(by_sequence.error());
    for (const Issuance& row : others) {
        RowConflict& conflict = report_.conflicts.emplace_back();
        conflict.wanted = row;
        if (const Issuance* stored = Find(*by_user, UserOf(row))) conflict.by_user = *stored;
        if (const Issuance* stored = Find(*by_sequence, SequenceOf(row))) {
            conflict.by_sequence = *stored;
        }
    }
    return {};
}

Result<RowsByNumber> Attempt::ReadStored(std::string_view column, const std::string& numbers,
                                         std::int64_t (*key)(const Issuance&)) {
    RowsByNumber stored;
    const auto read = connection_.Visit(
        fmt::format("SELECT coupon_id, user_id, sequence, date_issued FROM coupon_issuance "
                    "WHERE coupon_id = {} AND {} IN ({})",
                    coupon_.value, column, numbers),
        [&](MysqlRowView view) -> Result<void> {
            const auto row = ReadIssuance(view);
            if (!row) return std::unexpected(row.error());
            stored.emplace(key(*row), *row);
            return {};
        });
    if (!read) return std::unexpected(read.error());
    return stored;
}

/// False: they do not fit into the stock.
Result<bool> Attempt::CountNewRows() {
    if (report_.new_rows == 0) return true;
    const auto counted = connection_.Execute(
        fmt::format("UPDATE coupon SET issued_quantity = issued_quantity + {0} WHERE id = {1} "
                    "AND epoch = {2} AND (total_quantity IS NULL OR "
                    "issued_quantity + {0} <= total_quantity)",
                    report_.new_rows, coupon_.value, epoch_));
    if (!counted) return std::unexpected(counted.error());
    // The row is there and of this epoch: it is locked. So it was the stock.
    return connection_.AffectedRows() == 1;
}

/// A time without a text would be stored as another one.
Result<void> CheckTimes(Rows rows) {
    const auto wrong = std::ranges::find_if(rows, [](const Issuance& row) {
        return row.issued_at < kWallTimeMin || row.issued_at > kWallTimeMax;
    });
    if (wrong == rows.end()) return {};
    return InvalidArgument(
        "issuedAt", fmt::format("sequence {} was issued at {} ms after 1970", wrong->sequence.value,
                                wrong->issued_at.time_since_epoch().count()));
}

}  // namespace

Result<WriteReport> MysqlIssuanceWriter::Write(CouponId coupon, std::int64_t epoch,
                                               std::span<const Issuance> rows) {
    if (auto valid = CheckTimes(rows); !valid) return std::unexpected(std::move(valid.error()));
    // In the order of a unique key, so that neighbours of the index are written together; of two
    // rows of one user, the first that came.
    std::vector<Issuance> sorted(rows.begin(), rows.end());
    std::ranges::sort(sorted, {},
                      [](const Issuance& row) { return std::pair(row.user_id, row.sequence); });

    WriteReport last;
    auto committed = InTransaction(pool_, [&](MysqlConnection& connection) -> Result<WriteReport> {
        auto report = Attempt(connection, coupon, epoch).Write(sorted);
        last = report.value_or(WriteReport{});
        if (!report || last.verdict == WriteVerdict::kWritten) return report;
        // What is not an error must not be committed either.
        return std::unexpected(
            Error{.code = ErrorCode::kConflict, .operation = "write issuances", .detail = {}});
    });
    if (committed) return committed;
    if (last.verdict != WriteVerdict::kWritten) return last;
    // The batch may be written again whatever became of it.
    if (committed.error().applied == Applied::kUnknown) committed.error().retry_is_safe = true;
    return committed;
}

}  // namespace coupon::ledger
