#include "http/api/claim_body.h"

#include <fmt/format.h>

#include <utility>

#include "common/limits.h"

namespace coupon::http::api {
namespace {

constexpr std::string_view kUserId = "userId";
constexpr std::string_view kCouponId = "couponId";

std::unexpected<Error> Missing(std::string_view field) {
    return InvalidArgument(std::string(field), fmt::format("{} is missing", field));
}

}  // namespace

Result<ClaimBody> ClaimBodyParser::Parse(std::string_view body, Shape shape) {
    wants_coupon_ = shape == Shape::kUserAndCoupon;
    body_ = {};
    error_.reset();
    if (auto parsed = parser_.Parse(body, *this); !parsed) {
        return std::unexpected(std::move(parsed).error());
    }
    if (error_) return std::unexpected(std::move(*error_));
    if (body_.user_id.value == 0) return Missing(kUserId);
    if (wants_coupon_ && body_.coupon_id.value == 0) return Missing(kCouponId);
    return body_;
}

void ClaimBodyParser::OnMember(std::string_view name, const JsonValue& value) {
    if (name == kUserId) {
        TakeId(kUserId, value, body_.user_id.value);
    } else if (wants_coupon_ && name == kCouponId) {
        TakeId(kCouponId, value, body_.coupon_id.value);
    }
}

void ClaimBodyParser::TakeId(std::string_view field, const JsonValue& value, std::int64_t& id) {
    if (error_) return;
    if (id != 0) {
        error_ =
            InvalidArgument(std::string(field), fmt::format("{} is given twice", field)).error();
        return;
    }
    auto number = ReadInteger(value, field, {1, limits::kIdMax});
    if (number) {
        id = *number;
    } else {
        error_ = std::move(number).error();
    }
}

}  // namespace coupon::http::api
