#include "ledger/mysql_tallies.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "ledger/mysql_values.h"

namespace coupon::ledger {

Result<std::vector<LedgerTally>> ReadTallies(MysqlPool& pool, std::span<const CouponId> coupons) {
    std::vector<LedgerTally> tallies;
    if (coupons.empty()) return tallies;
    std::string ids;
    for (const CouponId coupon : coupons) {
        ids += fmt::format("{}{}", ids.empty() ? "" : ",", coupon.value);
    }
    auto lease = pool.Take();
    if (!lease) return std::unexpected(std::move(lease.error()));
    const auto rows = (*lease)->Query(
        fmt::format("SELECT id, issued_quantity,"
                    " (SELECT COUNT(*) FROM dead_letter AS d WHERE d.coupon_id = c.id)"
                    " FROM coupon AS c WHERE id IN ({}) ORDER BY id",
                    ids));
    if (!rows) return std::unexpected(rows.error());
    for (const MysqlRow& row : *rows) {
        RowValues values(row);
        const CouponId coupon{values.Int()};
        const std::int64_t issued = values.Int();
        const std::int64_t dead_letters = values.Int();
        if (!values.Fits()) return DamagedRow(fmt::format("coupon {}", coupon.value));
        tallies.push_back({coupon, issued, dead_letters});
    }
    return tallies;
}

}  // namespace coupon::ledger
