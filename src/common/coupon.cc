#include "common/coupon.h"

namespace coupon {

std::string_view ToString(CouponState state) {
    switch (state) {
        case CouponState::kOpen: return "open";
        case CouponState::kPaused: return "paused";
        case CouponState::kClosed: return "closed";
    }
    return "unknown";
}

std::optional<CouponState> ParseCouponState(std::string_view text) {
    if (text == "open") return CouponState::kOpen;
    if (text == "paused") return CouponState::kPaused;
    if (text == "closed") return CouponState::kClosed;
    return std::nullopt;
}

}  // namespace coupon
