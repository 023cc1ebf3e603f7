#pragma once

#include <optional>
#include <string_view>

#include "common/error.h"
#include "common/ids.h"
#include "http/api/json_object.h"

namespace coupon::http::api {

/// What a claim's body says.
struct ClaimBody {
    UserId user_id;
    CouponId coupon_id;  ///< 0 when the path names the coupon
};

/// Reads `{"userId":n}` and `{"userId":n,"couponId":n}`. Members that are not asked for are
/// ignored, whatever they hold. Allocates nothing on success (unless an ignored member is a string
/// with escapes). Confined to one thread; reusable.
class ClaimBodyParser final : private JsonMembers {
public:
    enum class Shape { kUser, kUserAndCoupon };

    /// Errors: kInvalidArgument; `field` is userId or couponId when it is missing, given twice or
    /// not an integer from 1 to limits::kIdMax, and "body" when the whole is no JSON object.
    Result<ClaimBody> Parse(std::string_view body, Shape shape);

private:
    void OnMember(std::string_view name, const JsonValue& value) override;
    void TakeId(std::string_view field, const JsonValue& value, std::int64_t& id);

    JsonObjectParser parser_;
    bool wants_coupon_ = false;
    ClaimBody body_;
    std::optional<Error> error_;  ///< the first one
};

}  // namespace coupon::http::api
