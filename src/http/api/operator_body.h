#pragma once

#include <string_view>

#include "admission/admission.h"
#include "common/error.h"
#include "common/ids.h"
#include "http/api/admission_path.h"
#include "http/api/json_object.h"

/// The bodies that change a coupon. Strict: a member that is not known, given twice, of a wrong
/// type or out of range is kInvalidArgument with `field` naming it ("body" when the whole is no
/// JSON object), so that a slip of the pen is never taken for a default. Functions may be called
/// from any thread that owns `parser`.
namespace coupon::http::api {

/// name, totalQuantity (null = unlimited), discountPrice, minimumPrice, issueStartDate,
/// issueEndDate; optional type, expiresAt, state, admission, shadow. The coupon as a whole has
/// passed ValidateCoupon; `path` is the only one that the member admission may name.
Result<admission::CreateCoupon> ParseCreateCoupon(JsonObjectParser& parser, std::string_view body,
                                                  AdmissionPath path);

/// At least one of name, issueEndDate, state. The rules between the members of a coupon are the
/// admission's.
Result<admission::UpdateCoupon> ParseUpdateCoupon(JsonObjectParser& parser, std::string_view body,
                                                  CouponId id);

/// `{"delta":n}`, n != 0, from -limits::kSequenceMax to limits::kSequenceMax.
Result<admission::ChangeStock> ParseChangeStock(JsonObjectParser& parser, std::string_view body,
                                                CouponId id);

/// `{"orderAmount":n}`, 0 <= n.
Result<Money> ParseRedemption(JsonObjectParser& parser, std::string_view body);

/// Nothing, or `{}`.
Result<void> ParseNothing(JsonObjectParser& parser, std::string_view body);

}  // namespace coupon::http::api
