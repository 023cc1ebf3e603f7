#pragma once

#include <cstdint>
#include <string_view>

#include "admission/admission.h"
#include "common/error.h"

namespace coupon::http::api {

/// Everything that is answered instead of what was asked for.
enum class Problem : std::uint8_t {
    // Of a claim or a redemption
    kAlreadyClaimed,
    kSoldOut,
    kNotOpen,
    kEnded,
    kCouponPaused,
    kClosed,
    kAlreadyRedeemed,
    kNotRedeemed,
    kNotClaimed,
    kNotIssuedYet,
    kBelowMinimumPrice,
    kExpired,
    kUnknownCoupon,
    kUnknownDeadLetter,
    kOverloaded,
    kUnavailable,
    kUnknown,
    // Of a request
    kInvalidRequest,
    kUnsupportedMediaType,
    kUnauthorized,
    kForbidden,
    kNotFound,
    kMethodNotAllowed,
    kConflict,
    kNotSupported,
    kStorageFull,
    kInternal,
};
inline constexpr std::size_t kProblemCount = static_cast<std::size_t>(Problem::kInternal) + 1;

struct ProblemType {
    int status;
    std::string_view code;    ///< stable; the type is "urn:coupon:problem:<code>"
    std::string_view title;   ///< the same for every problem of this type
    std::string_view detail;  ///< used when there is nothing more exact to say
};
/// Any thread.
const ProblemType& TypeOf(Problem problem);

/// What an outcome other than success is in v1. `outcome` must not be kAdmitted, kRedeemed or
/// kRedemptionUndone (CHECK). Any thread.
Problem ProblemOf(admission::Outcome outcome);

/// The status of a claim's outcome on the seed's routes: 200, 400, 404, 409 or 503. Any thread.
int SeedStatusOf(admission::Outcome outcome);

/// What a failure is for a caller. Any thread.
Problem ProblemOf(const Error& error);

}  // namespace coupon::http::api
