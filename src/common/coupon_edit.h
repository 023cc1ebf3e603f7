#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/coupon.h"
#include "common/error.h"

namespace coupon {

/// What an operator changes about a coupon; absent members and a delta of 0 leave it as it is.
struct CouponEdit {
    std::optional<std::string> name = {};
    std::optional<WallTime> issue_end = {};
    std::optional<CouponState> state = {};
    std::int64_t stock_delta = 0;  ///< a delta, never an absolute set

    bool operator==(const CouponEdit&) const = default;
};

/// The coupon as it is after `edit`, of which `issued` are given out; updated_at stays. Errors,
/// nothing applied: kConflict for the reopening of a closed coupon, a stock below what is issued
/// and a change of the stock of an unlimited coupon; kInvalidArgument for a stock above
/// limits::kSequenceMax (delta) and for what ValidateCoupon refuses. Pure; any thread.
Result<Coupon> EditedCoupon(const Coupon& before, std::int64_t issued, const CouponEdit& edit);

}  // namespace coupon
