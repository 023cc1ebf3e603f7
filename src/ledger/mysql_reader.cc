#include "ledger/mysql_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "common/limits_distributed.h"
#include "ledger/mysql_issuance_row.h"
#include "ledger/mysql_pool.h"
#include "ledger/mysql_values.h"

namespace coupon::ledger {
namespace {

/// What the statement gives, each row read by `read`, in memory.
template <class Row>
Result<std::vector<Row>> ReadAll(MysqlPool& pool, std::string_view sql,
                                 Result<Row> (*read)(MysqlRowView)) {
    auto lease = pool.Take();
    if (!lease) return std::unexpected(std::move(lease.error()));
    std::vector<Row> rows;
    auto visited = (*lease)->Visit(sql, [&](MysqlRowView view) -> Result<void> {
        auto row = read(view);
        if (!row) return std::unexpected(std::move(row.error()));
        rows.push_back(*std::move(row));
        return {};
    });
    if (!visited) return std::unexpected(std::move(visited.error()));
    return rows;
}

Result<IssuanceCounts> ReadCounts(MysqlRowView row) {
    RowValues values(row);
    IssuanceCounts counts;
    counts.rows = values.Int();
    counts.distinct_users = values.Int();
    counts.last = Sequence(values.Int());
    if (!values.Fits()) return DamagedValues("counts", row);
    return counts;
}

}  // namespace

Result<std::optional<IssuanceRow>> MysqlReader::FindIssuance(CouponId coupon, UserId user) {
    auto rows = ReadAll(
        pool_,
        fmt::format("SELECT {} FROM coupon_issuance AS i WHERE i.coupon_id = {} AND i.user_id = {}",
                    kIssuanceColumns, coupon.value, user.value),
        ReadIssuanceRow);
    if (!rows) return std::unexpected(std::move(rows.error()));
    if (rows->empty()) return std::nullopt;
    return rows->front();
}

Result<std::vector<IssuanceRow>> MysqlReader::HoldingsOf(UserId user) {
    return ReadAll(
        pool_,
        fmt::format("SELECT {} FROM coupon_issuance AS i JOIN coupon AS c ON c.id = i.coupon_id "
                    "WHERE i.user_id = {} AND c.shadow = 0 ORDER BY i.coupon_id",
                    kIssuanceColumns, user.value),
        ReadIssuanceRow);
}

Result<std::vector<IssuanceRow>> MysqlReader::Issuances(CouponId coupon, Sequence after,
                                                        Sequence last, std::size_t limit) {
    return ReadAll(pool_,
                   fmt::format("SELECT {} FROM coupon_issuance AS i WHERE i.coupon_id = {} "
                               "AND i.sequence > {} AND i.sequence <= {} "
                               "ORDER BY i.sequence LIMIT {}",
                               kIssuanceColumns, coupon.value, after.value, last.value, limit),
                   ReadIssuanceRow);
}

Result<void> MysqlReader::VisitIssuances(
    CouponId coupon, Sequence after, const std::function<Result<void>(const Issuance&)>& visit) {
    while (true) {
        // The index is named: with few rows a server would rather read the whole table and sort.
        const auto piece = ReadAll(
            pool_,
            fmt::format("SELECT i.coupon_id, i.user_id, i.sequence, i.date_issued "
                        "FROM coupon_issuance AS i FORCE INDEX (issuance_of_sequence) "
                        "WHERE i.coupon_id = {} AND i.sequence > {} ORDER BY i.sequence LIMIT {}",
                        coupon.value, after.value, limits::kLedgerRowsPerPiece),
            ReadIssuance);
        if (!piece) return std::unexpected(piece.error());
        for (const Issuance& issuance : *piece) {
            if (auto seen = visit(issuance); !seen) return seen;
        }
        if (piece->size() < limits::kLedgerRowsPerPiece) return {};
        after = piece->back().sequence;
    }
}

Result<IssuanceCounts> MysqlReader::CountIssuances(CouponId coupon) {
    auto counts =
        ReadAll(pool_,
                fmt::format("SELECT COUNT(*), COUNT(DISTINCT user_id), COALESCE(MAX(sequence), 0) "
                            "FROM coupon_issuance WHERE coupon_id = {}",
                            coupon.value),
                ReadCounts);
    if (!counts) return std::unexpected(std::move(counts.error()));
    return counts->front();
}

}  // namespace coupon::ledger
