#include "admission/restore.h"

#include <string>

namespace coupon::admission {
namespace {

std::unexpected<Error> CounterOff(CouponId id, std::int64_t counted, std::int64_t rows) {
    return std::unexpected(Error{.code = ErrorCode::kDamaged,
                                 .operation = "restore",
                                 .applied = Applied::kNo,
                                 .retry_is_safe = false,
                                 .detail = "coupon " + std::to_string(id.value) +
                                           ": issued_quantity is " + std::to_string(counted) +
                                           ", but " + std::to_string(rows) +
                                           " issuances are stored"});
}

}  // namespace

Result<void> RestoreEngine(Engine& engine, ledger::SqliteLedger& ledger) {
    const auto coupons = ledger.LoadCoupons();
    if (!coupons) return std::unexpected(coupons.error());
    for (const auto& stored : *coupons) {
        if (auto restored = engine.RestoreCoupon(stored.coupon); !restored) return restored;
    }
    const auto loaded =
        ledger.LoadIssuances([&](const ledger::SqliteLedger::StoredIssuance& stored) {
            return engine.RestoreIssuance(stored.issuance, stored.redeemed);
        });
    if (!loaded) return loaded;
    for (const auto& stored : *coupons) {
        const std::int64_t rows = engine.FindCoupon(stored.coupon.id)->issued;
        if (rows != stored.issued_quantity)
            return CounterOff(stored.coupon.id, stored.issued_quantity, rows);
    }
    return {};
}

}  // namespace coupon::admission
