#include "ledger/mysql_issuance_row.h"

#include <fmt/format.h>

#include "common/parse_number.h"
#include "ledger/mysql_values.h"

namespace coupon::ledger {
namespace {

constexpr std::string_view kTable = "coupon_issuance";

}  // namespace

std::optional<std::int64_t> NumberAt(MysqlRowView row, std::size_t column) {
    if (!row[column]) return std::nullopt;
    return ParseWhole<std::int64_t>(*row[column]);
}

std::optional<WallTime> TimeAt(MysqlRowView row, std::size_t column) {
    if (!row[column]) return std::nullopt;
    return ParseMysqlTime(*row[column]);
}

std::unexpected<Error> DamagedValues(std::string_view table, MysqlRowView row) {
    std::string what = fmt::format("{}:", table);
    for (const auto& value : row) what += fmt::format(" {}", value.value_or("NULL"));
    return DamagedRow(what);
}

Result<Issuance> ReadIssuance(MysqlRowView row) {
    const auto coupon = NumberAt(row, 0);
    const auto user = NumberAt(row, 1);
    const auto sequence = NumberAt(row, 2);
    const auto issued_at = TimeAt(row, 3);
    if (!coupon || !user || !sequence || !issued_at) return DamagedValues(kTable, row);
    return Issuance{CouponId(*coupon), Sequence(*sequence), UserId(*user), *issued_at};
}

Result<IssuanceRow> ReadIssuanceRow(MysqlRowView row) {
    auto issuance = ReadIssuance(row);
    if (!issuance) return std::unexpected(std::move(issuance.error()));
    IssuanceRow read{.issuance = *issuance, .redemption = std::nullopt};
    if (!row[4]) return read;
    const auto used_at = TimeAt(row, 4);
    const auto amount = NumberAt(row, 5);
    if (!used_at || !amount) return DamagedValues(kTable, row);
    read.redemption = {issuance->coupon_id, issuance->sequence, Money(*amount), *used_at};
    return read;
}

}  // namespace coupon::ledger
