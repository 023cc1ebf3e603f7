#include "admission/restore.h"

#include <fmt/format.h>

#include "admission/engine_rules.h"

namespace coupon::admission {
namespace {

std::unexpected<Error> CounterOff(const ledger::SqliteLedger::StoredCoupon& stored,
                                  std::int64_t rows) {
    return Damaged(fmt::format("coupon {}: issued_quantity is {}, but {} issuances are stored",
                               stored.coupon.id.value, stored.issued_quantity, rows));
}

}  // namespace

Result<void> RestoreEngine(Engine& engine, ledger::SqliteLedger& ledger) {
    const auto coupons = ledger.LoadCoupons();
    if (!coupons) return std::unexpected(coupons.error());
    for (const auto& stored : *coupons) {
        if (auto restored = engine.RestoreCoupon(stored.coupon, stored.issued_quantity); !restored)
            return restored;
    }
    const auto loaded =
        ledger.LoadIssuances([&](const ledger::SqliteLedger::StoredIssuance& stored) {
            return engine.RestoreIssuance(stored.issuance, stored.redeemed);
        });
    if (!loaded) return loaded;
    for (const auto& stored : *coupons) {
        const std::int64_t rows = engine.FindCoupon(stored.coupon.id)->issued;
        if (rows != stored.issued_quantity) return CounterOff(stored, rows);
    }
    return {};
}

}  // namespace coupon::admission
