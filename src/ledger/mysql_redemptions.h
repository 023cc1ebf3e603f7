#pragma once

#include <cstdint>
#include <optional>

#include "common/clock.h"
#include "common/error.h"
#include "common/ids.h"
#include "ledger/issuance_row.h"

namespace coupon::ledger {

class MysqlPool;

enum class RedemptionVerdict : std::uint8_t {
    kRedeemed,           ///< used now
    kAlreadyRedeemed,    ///< used before
    kUndone,             ///< given back now
    kNotRedeemed,        ///< nothing to give back
    kNotHeld,            ///< the ledger has no such issuance; it may still be on its way
    kBelowMinimumPrice,  ///< the order amount is below the coupon's minimum price
    kExpired,            ///< at or after expires_at
    kUnknownCoupon,
};

struct RedemptionReport {
    RedemptionVerdict verdict = RedemptionVerdict::kUnknownCoupon;
    /// As it is after the call; absent with kNotHeld and kUnknownCoupon.
    std::optional<IssuanceRow> row = {};
};

/// Uses of issuances, by the rules of common/redemption_rules.h. Of two calls at once that would
/// redeem one issuance, one gets kRedeemed. May be used by several threads: each call takes a
/// connection of the pool; blocks.
///
/// Errors: kUnavailable, retry_is_safe, with applied kNo, or kUnknown when the reply was lost. Who
/// redeems again after kUnknown may get kAlreadyRedeemed with an own redemption in `row`.
class MysqlRedemptions {
public:
    explicit MysqlRedemptions(MysqlPool& pool) : pool_(pool) {}

    Result<RedemptionReport> Redeem(CouponId coupon, UserId user, Money order_amount, WallTime now);
    Result<RedemptionReport> Undo(CouponId coupon, UserId user);

private:
    MysqlPool& pool_;
};

}  // namespace coupon::ledger
