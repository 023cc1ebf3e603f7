#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/ids.h"

namespace coupon {

enum class CouponState : std::uint8_t { kOpen = 0, kPaused = 1, kClosed = 2 };

/// "open", "paused", "closed": the API's words.
std::string_view ToString(CouponState state);
std::optional<CouponState> ParseCouponState(std::string_view text);

/// What is given out. The numbers that change with every claim (issued, remaining) are not here:
/// ask the admission. Invariants, held by ValidateCoupon: 1-50 characters in the name, no control
/// character; issue_start < issue_end; money >= 0; total_quantity absent (unlimited) or from 0 to
/// limits::kSequenceMax.
struct Coupon {
    CouponId id;
    std::string name;
    std::optional<std::int64_t> total_quantity;
    Money discount_price;
    Money minimum_price;  ///< the order amount from which the coupon can be redeemed
    WallTime issue_start;
    WallTime issue_end;  ///< the window is [issue_start, issue_end)
    std::optional<WallTime> expires_at;  ///< redemption is refused from here on; absent = never
    CouponState state = CouponState::kOpen;
    bool shadow = false;  ///< a rehearsal's coupon: absent from lists and stock metrics
    WallTime created_at;
    WallTime updated_at;

    bool operator==(const Coupon&) const = default;
};

/// One admitted claim as it is stored: a row of the ledger.
struct Issuance {
    CouponId coupon_id;
    Sequence sequence;
    UserId user_id;
    WallTime issued_at;

    bool operator==(const Issuance&) const = default;
};

/// The use of an issuance.
struct Redemption {
    CouponId coupon_id;
    Sequence sequence;
    Money order_amount;
    WallTime redeemed_at;

    bool operator==(const Redemption&) const = default;
};

/// A redemption given back.
struct RedemptionUndo {
    CouponId coupon_id;
    Sequence sequence;

    bool operator==(const RedemptionUndo&) const = default;
};

}  // namespace coupon
