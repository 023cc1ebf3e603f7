#include "ledger/mysql_coupon_row.h"

#include <fmt/format.h>

#include <optional>
#include <string>

#include "common/coupon_rules.h"
#include "common/limits.h"
#include "ledger/mysql_values.h"

namespace coupon::ledger {
namespace {

/// Empty when the coupon can be true, else what is wrong.
std::string FaultOf(const LedgerCoupon& row) {
    if (row.coupon.id.value < 1) return "its id is out of range";
    if (const auto valid = ValidateCoupon(row.coupon); !valid) return valid.error().detail;
    const std::int64_t stock = row.coupon.total_quantity.value_or(limits::kSequenceMax);
    if (row.issued < 0 || row.issued > stock) {
        return fmt::format("{} are issued of {}", row.issued, stock);
    }
    if (row.epoch < 0 || row.last_change < 0) return "a counter is negative";
    return {};
}

}  // namespace

Result<LedgerCoupon> ReadLedgerCoupon(const MysqlRow& row) {
    RowValues values(row);
    LedgerCoupon read;
    read.coupon.id = CouponId(values.Int());
    read.coupon.name = values.Word();
    read.coupon.total_quantity = values.OptionalInt();
    read.issued = values.Int();
    read.coupon.discount_price = Money(values.Int());
    read.coupon.minimum_price = Money(values.Int());
    read.coupon.issue_start = values.Time();
    read.coupon.issue_end = values.Time();
    read.coupon.expires_at = values.OptionalTime();
    const std::optional<CouponState> state = ParseCouponState(values.Word());
    read.coupon.shadow = values.Int() != 0;
    read.epoch = values.Int();
    read.last_change = values.Int();
    read.coupon.created_at = values.Time();
    read.coupon.updated_at = values.Time();
    std::string fault;
    if (!values.Fits()) {
        fault = "a value has another form than its column";
    } else if (!state) {
        fault = "unknown state";
    } else {
        read.coupon.state = *state;
        fault = FaultOf(read);
    }
    if (fault.empty()) return read;
    return DamagedRow(fmt::format("coupon {}: {}", read.coupon.id.value, fault));
}

Result<LedgerCoupon> SelectLedgerCoupon(MysqlConnection& connection, CouponId id, RowLock lock) {
    auto row = connection.QueryRow(fmt::format("SELECT {} FROM coupon WHERE id = {}{}",
                                               kLedgerCouponColumns, id.value,
                                               lock == RowLock::kForUpdate ? " FOR UPDATE" : ""));
    if (!row) return std::unexpected(row.error());
    if (*row) return ReadLedgerCoupon(**row);
    return std::unexpected(Error{.code = ErrorCode::kNotFound,
                                 .operation = "read the coupon",
                                 .applied = Applied::kNo,
                                 .retry_is_safe = false,
                                 .detail = fmt::format("there is no coupon {}", id.value)});
}

Result<std::vector<CouponId>> CouponIdsOf(const std::vector<MysqlRow>& rows) {
    std::vector<CouponId> ids;
    for (const MysqlRow& row : rows) {
        RowValues values(row);
        ids.emplace_back(values.Int());
        if (!values.Fits() || ids.back().value < 1) return DamagedRow("an id is out of range");
    }
    return ids;
}

}  // namespace coupon::ledger
