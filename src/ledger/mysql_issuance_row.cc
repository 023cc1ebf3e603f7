#include "ledger/mysql_issuance_row.h"

#include "ledger/mysql_values.h"

namespace coupon::ledger {
namespace {

constexpr std::string_view kTable = "coupon_issuance";

Issuance TakeIssuance(RowValues<std::string_view>& values) {
    Issuance issuance;
    issuance.coupon_id = CouponId(values.Int());
    issuance.user_id = UserId(values.Int());
    issuance.sequence = Sequence(values.Int());
    issuance.issued_at = values.Time();
    return issuance;
}

}  // namespace

Result<Issuance> ReadIssuance(MysqlRowView row) {
    RowValues values(row);
    const Issuance issuance = TakeIssuance(values);
    if (!values.Fits()) return DamagedValues(kTable, row);
    return issuance;
}

Result<IssuanceRow> ReadIssuanceRow(MysqlRowView row) {
    RowValues values(row);
    IssuanceRow read{.issuance = TakeIssuance(values), .redemption = std::nullopt};
    const auto used_at = values.OptionalTime();
    const auto amount = values.OptionalInt();
    if (!values.Fits() || (used_at && !amount)) return DamagedValues(kTable, row);
    if (used_at) {
        read.redemption = {read.issuance.coupon_id, read.issuance.sequence, Money(*amount),
                           *used_at};
    }
    return read;
}

}  // namespace coupon::ledger
