#include "common/coupon_edit.h"

#include <fmt/format.h>

#include <utility>

#include "common/coupon_rules.h"
#include "common/limits.h"

namespace coupon {
namespace {

std::unexpected<Error> Conflict(std::string detail) {
    return std::unexpected(Error{.code = ErrorCode::kConflict,
                                 .operation = "change coupon",
                                 .applied = Applied::kNo,
                                 .retry_is_safe = false,
                                 .detail = std::move(detail)});
}

Result<std::int64_t> EditedTotal(const Coupon& before, std::int64_t issued, std::int64_t delta) {
    if (!before.total_quantity) {
        return Conflict("the coupon is unlimited: it has no stock to change");
    }
    const std::int64_t total = *before.total_quantity;
    if (delta > limits::kSequenceMax - total) {
        return InvalidArgument(
            "delta", fmt::format("delta would lift the stock above {}", limits::kSequenceMax));
    }
    if (delta < issued - total) {
        return Conflict(fmt::format("{} of {} are issued: the stock can be cut by {} at most",
                                    issued, total, total - issued));
    }
    return total + delta;
}

}  // namespace

Result<Coupon> EditedCoupon(const Coupon& before, std::int64_t issued, const CouponEdit& edit) {
    Coupon after = before;
    if (edit.name) after.name = *edit.name;
    if (edit.issue_end) after.issue_end = *edit.issue_end;
    if (edit.state) {
        if (before.state == CouponState::kClosed && *edit.state != CouponState::kClosed) {
            return Conflict("a closed coupon stays closed");
        }
        after.state = *edit.state;
    }
    if (edit.stock_delta != 0) {
        const auto total = EditedTotal(before, issued, edit.stock_delta);
        if (!total) return std::unexpected(total.error());
        after.total_quantity = *total;
    }
    if (const auto valid = ValidateCoupon(after); !valid) return std::unexpected(valid.error());
    return after;
}

}  // namespace coupon
