#include "ledger/mysql_coupons.h"

#include <fmt/format.h>

#include <string>

#include "common/coupon_rules.h"
#include "common/limits_distributed.h"
#include "ledger/mysql_coupon_row.h"
#include "ledger/mysql_transaction.h"
#include "ledger/mysql_values.h"

namespace coupon::ledger {
namespace {

std::string InsertOf(const MysqlConnection& connection, const Coupon& coupon) {
    return fmt::format(
        "INSERT INTO coupon (name, total_quantity, discount_price, minimum_price, "
        "issue_start_date, issue_end_date, expires_at, state, shadow, created_at, updated_at) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}, '{}', {}, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))",
        connection.Quote(coupon.name), MysqlNumber(coupon.total_quantity),
        coupon.discount_price.minor_units, coupon.minimum_price.minor_units,
        MysqlTime(coupon.issue_start), MysqlTime(coupon.issue_end), MysqlTime(coupon.expires_at),
        ToString(coupon.state), coupon.shadow ? 1 : 0);
}

}  // namespace

Result<LedgerCoupon> MysqlCoupons::Create(const Coupon& coupon, std::string_view by) {
    if (auto valid = ValidateCoupon(coupon); !valid) return std::unexpected(valid.error());
    return InTransaction(pool_, [&](MysqlConnection& connection) -> Result<LedgerCoupon> {
        if (auto made = connection.Execute(InsertOf(connection, coupon)); !made) {
            return std::unexpected(made.error());
        }
        const CouponId id(connection.LastInsertId());
        auto noted = connection.Execute(fmt::format(
            "INSERT INTO coupon_change (coupon_id, kind, status, changed_by, created_at, "
            "updated_at) VALUES ({}, 'create', 'done', {}, UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))",
            id.value, connection.Quote(CutToCharacters(by, limits::kChangedByCharactersMax))));
        if (!noted) return std::unexpected(noted.error());
        return SelectLedgerCoupon(connection, id, RowLock::kNone);
    });
}

Result<std::optional<LedgerCoupon>> MysqlCoupons::Find(CouponId id) {
    auto lease = pool_.Take();
    if (!lease) return std::unexpected(lease.error());
    auto found = SelectLedgerCoupon(**lease, id, RowLock::kNone);
    if (found) return *std::move(found);
    if (found.error().code == ErrorCode::kNotFound) return std::nullopt;
    return std::unexpected(found.error());
}

Result<std::vector<LedgerCoupon>> MysqlCoupons::List(CouponId after, std::size_t limit) {
    auto lease = pool_.Take();
    if (!lease) return std::unexpected(lease.error());
    auto rows = (*lease)->Query(
        fmt::format("SELECT {} FROM coupon WHERE id > {} AND shadow = 0 ORDER BY id LIMIT {}",
                    kLedgerCouponColumns, after.value, limit));
    if (!rows) return std::unexpected(rows.error());
    std::vector<LedgerCoupon> coupons;
    for (const MysqlRow& row : *rows) {
        auto coupon = ReadLedgerCoupon(row);
        if (!coupon) return std::unexpected(coupon.error());
        coupons.push_back(*std::move(coupon));
    }
    return coupons;
}

Result<std::vector<CouponId>> MysqlCoupons::Draining(WallTime ended_after) {
    auto lease = pool_.Take();
    if (!lease) return std::unexpected(lease.error());
    auto rows = (*lease)->Query(fmt::format(
        "SELECT id FROM coupon WHERE issue_end_date > {} ORDER BY id", MysqlTime(ended_after)));
    if (!rows) return std::unexpected(rows.error());
    return CouponIdsOf(*rows);
}

Result<LedgerCoupon> MysqlCoupons::BeginEpoch(CouponId id) {
    return InTransaction(pool_, [&](MysqlConnection& connection) -> Result<LedgerCoupon> {
        auto counted = connection.Execute(
            fmt::format("UPDATE coupon SET epoch = epoch + 1 WHERE id = {}", id.value));
        if (!counted) return std::unexpected(counted.error());
        return SelectLedgerCoupon(connection, id, RowLock::kNone);
    });
}

}  // namespace coupon::ledger
