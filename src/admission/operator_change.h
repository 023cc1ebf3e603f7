#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "common/clock.h"
#include "common/coupon.h"
#include "common/error.h"
#include "common/ids.h"

// What an operator may change. Each change is applied whole or not at all, and answered once it is
// durable.
namespace coupon::admission {

/// The live counts beside a coupon's record.
struct CouponView {
    Coupon coupon;
    std::int64_t issued = 0;  ///< admissions that are durable
    std::optional<std::int64_t> remaining;  ///< absent = unlimited
};

/// The coupon's id, created_at and updated_at are set by the admission.
struct CreateCoupon {
    Coupon coupon;
};
/// Absent members stay as they are.
struct UpdateCoupon {
    CouponId id;
    std::optional<std::string> name;
    std::optional<WallTime> issue_end;
    std::optional<CouponState> state;
};
/// A delta, never an absolute set. Refused (kConflict) below what is admitted or for an unlimited
/// coupon.
struct ChangeStock {
    CouponId id;
    std::int64_t delta = 0;
};
using OperatorChange = std::variant<CreateCoupon, UpdateCoupon, ChangeStock>;

/// Called exactly once, on the admission's thread; must not block.
using ChangeCallback = std::function<void(Result<CouponView>)>;

}  // namespace coupon::admission
