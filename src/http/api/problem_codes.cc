#include "http/api/problem_codes.h"

#include <array>
#include <optional>

#include "common/check.h"

namespace coupon::http::api {
namespace {

using admission::Outcome;

struct ProblemLine {
    Problem problem{};
    ProblemType type;
};

constexpr std::array kProblems = {
    ProblemLine{
        Problem::kAlreadyClaimed,
        {409, "already_claimed", "Already claimed", "This user holds this coupon already."}},
    ProblemLine{Problem::kSoldOut,
                {410, "sold_out", "Sold out", "Every coupon of the stock has been given out."}},
    ProblemLine{Problem::kNotOpen, {403, "not_open", "Not open yet", "Claims open at opensAt."}},
    ProblemLine{Problem::kEnded, {410, "ended", "Ended", "The time for claims is over."}},
    ProblemLine{Problem::kCouponPaused,
                {403, "coupon_paused", "Paused", "The operator has paused this coupon."}},
    ProblemLine{Problem::kClosed,
                {410, "closed", "Closed", "The operator has closed this coupon."}},
    ProblemLine{Problem::kAlreadyRedeemed,
                {409, "already_redeemed", "Already redeemed", "This coupon has been used."}},
    ProblemLine{Problem::kNotRedeemed,
                {409, "not_redeemed", "Not redeemed", "There is no redemption to give back."}},
    ProblemLine{Problem::kNotClaimed,
                {404, "not_claimed", "Not claimed", "This user does not hold this coupon so far."}},
    ProblemLine{Problem::kNotIssuedYet,
                {409, "not_issued_yet", "Not issued yet",
                 "The claim is accepted and on its way to the ledger. Ask again in a moment."}},
    ProblemLine{Problem::kBelowMinimumPrice,
                {409, "below_minimum_price", "Below the minimum price",
                 "The order amount is below the coupon's minimum price."}},
    ProblemLine{Problem::kExpired,
                {410, "expired", "Expired", "This coupon can no longer be used."}},
    ProblemLine{Problem::kUnknownCoupon,
                {404, "unknown_coupon", "Unknown coupon", "There is no coupon with this id."}},
    ProblemLine{Problem::kUnknownDeadLetter,
                {404, "unknown_dead_letter", "Unknown dead letter",
                 "There is no dead letter with this id."}},
    ProblemLine{Problem::kOverloaded,
                {503, "overloaded", "Overloaded", "Nothing was done. Ask again in a moment."}},
    ProblemLine{
        Problem::kUnavailable,
        {503, "unavailable", "Unavailable", "Nothing was done. The service cannot decide now."}},
    ProblemLine{Problem::kUnknown,
                {503, "unknown", "Outcome unknown",
                 "It may or may not have been done. Asking again for the same tells."}},
    ProblemLine{Problem::kInvalidRequest,
                {400, "invalid_request", "Invalid request", "A part of the request is wrong."}},
    ProblemLine{Problem::kUnsupportedMediaType,
                {415, "unsupported_media_type", "Unsupported media type",
                 "The body must be JSON in UTF-8: add -H 'content-type: application/json'."}},
    ProblemLine{Problem::kUnauthorized,
                {401, "unauthorized", "Unauthorized", "This call needs a valid bearer token."}},
    ProblemLine{Problem::kForbidden,
                {403, "forbidden", "Forbidden", "This token may not do that."}},
    ProblemLine{Problem::kNotFound,
                {404, "not_found", "Not found",
                 "There is nothing at this path; /openapi.yaml says what is."}},
    ProblemLine{
        Problem::kMethodNotAllowed,
        {405, "method_not_allowed", "Method not allowed", "The Allow header says what is."}},
    ProblemLine{Problem::kConflict,
                {409, "conflict", "Conflict", "The coupon's state does not allow this."}},
    ProblemLine{Problem::kNotSupported,
                {409, "not_supported", "Not supported",
                 "This mode of the service has no such "
                 "operation."}},
    ProblemLine{
        Problem::kStorageFull,
        {503, "storage_full", "Storage full", "Nothing was done. There is no room to store it."}},
    ProblemLine{Problem::kInternal,
                {500, "internal", "Internal error", "The service failed; its log says why."}},
};
static_assert(kProblems.size() == kProblemCount);
static_assert([] {
    for (std::size_t i = 0; i < kProblems.size(); ++i) {
        if (static_cast<std::size_t>(kProblems[i].problem) != i) return false;
    }
    return true;
}());

/// One line an outcome: its problem in v1 (none = success) and its status on the seed's routes.
struct OutcomeLine {
    Outcome outcome{};
    std::optional<Problem> problem;
    int seed_status = 0;
};

constexpr std::array kOutcomes = {
    OutcomeLine{Outcome::kAdmitted, std::nullopt, 200},
    OutcomeLine{Outcome::kDuplicate, Problem::kAlreadyClaimed, 409},
    OutcomeLine{Outcome::kSoldOut, Problem::kSoldOut, 400},
    OutcomeLine{Outcome::kNotOpen, Problem::kNotOpen, 400},
    OutcomeLine{Outcome::kEnded, Problem::kEnded, 400},
    OutcomeLine{Outcome::kPaused, Problem::kCouponPaused, 400},
    OutcomeLine{Outcome::kClosed, Problem::kClosed, 400},
    OutcomeLine{Outcome::kRedeemed, std::nullopt, 200},
    OutcomeLine{Outcome::kAlreadyRedeemed, Problem::kAlreadyRedeemed, 400},
    OutcomeLine{Outcome::kRedemptionUndone, std::nullopt, 200},
    OutcomeLine{Outcome::kNotRedeemed, Problem::kNotRedeemed, 400},
    OutcomeLine{Outcome::kNotHeld, Problem::kNotClaimed, 400},
    OutcomeLine{Outcome::kNotIssuedYet, Problem::kNotIssuedYet, 400},
    OutcomeLine{Outcome::kBelowMinimumPrice, Problem::kBelowMinimumPrice, 400},
    OutcomeLine{Outcome::kExpired, Problem::kExpired, 400},
    OutcomeLine{Outcome::kUnknownCoupon, Problem::kUnknownCoupon, 404},
    OutcomeLine{Outcome::kOverloaded, Problem::kOverloaded, 503},
    OutcomeLine{Outcome::kUnavailable, Problem::kUnavailable, 503},
    OutcomeLine{Outcome::kStorageFull, Problem::kStorageFull, 503},
    OutcomeLine{Outcome::kUnknown, Problem::kUnknown, 503},
};
static_assert(kOutcomes.size() == admission::kOutcomeCount);
static_assert([] {
    for (std::size_t i = 0; i < kOutcomes.size(); ++i) {
        if (static_cast<std::size_t>(kOutcomes[i].outcome) != i) return false;
    }
    return true;
}());

}  // namespace

const ProblemType& TypeOf(Problem problem) {
    return kProblems[static_cast<std::size_t>(problem)].type;
}

Problem ProblemOf(Outcome outcome) {
    const OutcomeLine& line = kOutcomes[static_cast<std::size_t>(outcome)];
    CHECK(line.problem.has_value());
    return *line.problem;
}

int SeedStatusOf(Outcome outcome) {
    return kOutcomes[static_cast<std::size_t>(outcome)].seed_status;
}

Problem ProblemOf(const Error& error) {
    if (error.applied == Applied::kUnknown) return Problem::kUnknown;
    switch (error.code) {
        case ErrorCode::kInvalidArgument: return Problem::kInvalidRequest;
        case ErrorCode::kNotFound: return Problem::kUnknownCoupon;
        case ErrorCode::kConflict: return Problem::kConflict;
        case ErrorCode::kNotSupported: return Problem::kNotSupported;
        case ErrorCode::kOverloaded: return Problem::kOverloaded;
        case ErrorCode::kStorageFull: return Problem::kStorageFull;
        case ErrorCode::kStorageFailed:
        case ErrorCode::kDamaged:
        case ErrorCode::kUnavailable: return Problem::kUnavailable;
        case ErrorCode::kCannotCreate:
        case ErrorCode::kConfiguration: return Problem::kInternal;
    }
    return Problem::kInternal;
}

}  // namespace coupon::http::api
