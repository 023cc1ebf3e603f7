#include "common/coupon_rules.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

#include "common/limits.h"
#include "common/time_format.h"
#include "common/utf8.h"

namespace coupon {
namespace {

Result<void> ValidateName(std::string_view name) {
    const std::optional<std::size_t> characters = CountCodePoints(name);
    if (!characters) return InvalidArgument("name", "name must be valid UTF-8");
    if (*characters < 1 || *characters > limits::kNameCharactersMax) {
        return InvalidArgument("name", fmt::format("name must have 1 to {} characters, not {}",
                                                   limits::kNameCharactersMax, *characters));
    }
    while (!name.empty()) {
        if (IsControl(*TakeCodePoint(name))) {
            return InvalidArgument("name", "name must not contain control characters");
        }
    }
    return {};
}

Result<void> ValidatePrice(std::string_view field, Money price) {
    if (price.minor_units >= 0 && price.minor_units <= limits::kMoneyMax) return {};
    return InvalidArgument(std::string(field), fmt::format("{} must not be negative", field));
}

Result<void> ValidateTime(std::string_view field, WallTime time) {
    if (time >= kWallTimeMin && time <= kWallTimeMax) return {};
    return InvalidArgument(std::string(field),
                           fmt::format("{} must lie in the years 1970 to 9999", field));
}

Result<void> ValidateTimes(const Coupon& coupon) {
    if (auto ok = ValidateTime("issueStartDate", coupon.issue_start); !ok) return ok;
    if (auto ok = ValidateTime("issueEndDate", coupon.issue_end); !ok) return ok;
    if (coupon.issue_end <= coupon.issue_start) {
        return InvalidArgument("issueEndDate", "issueEndDate must be after issueStartDate");
    }
    if (!coupon.expires_at) return {};
    if (auto ok = ValidateTime("expiresAt", *coupon.expires_at); !ok) return ok;
    if (*coupon.expires_at < coupon.issue_start) {
        return InvalidArgument("expiresAt", "expiresAt must not be before issueStartDate");
    }
    return {};
}

}  // namespace

Result<void> ValidateCoupon(const Coupon& coupon) {
    if (auto ok = ValidateName(coupon.name); !ok) return ok;
    if (coupon.total_quantity &&
        (*coupon.total_quantity < 0 || *coupon.total_quantity > limits::kSequenceMax)) {
        return InvalidArgument(
            "totalQuantity",
            fmt::format("totalQuantity must be null (unlimited) or 0 to {}", limits::kSequenceMax));
    }
    if (auto ok = ValidatePrice("discountPrice", coupon.discount_price); !ok) return ok;
    if (auto ok = ValidatePrice("minimumPrice", coupon.minimum_price); !ok) return ok;
    return ValidateTimes(coupon);
}

}  // namespace coupon
