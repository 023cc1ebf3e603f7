#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "common/clock.h"
#include "common/ids.h"

namespace coupon {

// When a coupon that a user holds may be used: one rule for the engine, which decides in memory,
// and the MySQL ledger, which decides by its rows. Pure; any thread.

/// What a coupon asks of its use.
struct RedemptionTerms {
    Money minimum_price;
    std::optional<WallTime> expires_at;
};

enum class RedemptionRefusal : std::uint8_t { kAlreadyRedeemed, kExpired, kBelowMinimumPrice };

/// nullopt: it may be used. Who has used it hears that and nothing else.
inline std::optional<RedemptionRefusal> RefusalOfRedemption(const RedemptionTerms& terms,
                                                            bool redeemed, Money order_amount,
                                                            WallTime now) {
    if (redeemed) return RedemptionRefusal::kAlreadyRedeemed;
    if (terms.expires_at && now >= *terms.expires_at) return RedemptionRefusal::kExpired;
    if (order_amount < terms.minimum_price) return RedemptionRefusal::kBelowMinimumPrice;
    return std::nullopt;
}

/// Nothing is used before it was issued, even when the machine's clock steps back in between.
inline WallTime RedeemedAt(WallTime now, WallTime issued_at) { return std::max(now, issued_at); }

}  // namespace coupon
