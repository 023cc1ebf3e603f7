#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "admission/admission.h"
#include "common/coupon.h"
#include "common/error.h"
#include "common/limits.h"
#include "common/redemption_rules.h"

namespace coupon::admission {

// What Decide and Peek must agree on, and the errors of the engine and its drivers. Pure.

/// Stored rows that contradict each other or a promise.
inline std::unexpected<Error> Damaged(std::string detail) {
    return std::unexpected(Error{.code = ErrorCode::kDamaged,
                                 .operation = "restore",
                                 .applied = Applied::kNo,
                                 .retry_is_safe = false,
                                 .detail = std::move(detail)});
}

/// An operator's change that was not applied.
inline std::unexpected<Error> ChangeRefused(ErrorCode code, std::string detail) {
    const bool later = code == ErrorCode::kOverloaded || code == ErrorCode::kUnavailable;
    return std::unexpected(Error{.code = code,
                                 .operation = "change coupon",
                                 .applied = Applied::kNo,
                                 .retry_is_safe = later,
                                 .detail = std::move(detail)});
}

/// How many claims the coupon can admit in all.
inline std::int64_t StockOf(const Coupon& coupon) {
    return std::min(coupon.total_quantity.value_or(limits::kSequenceMax), limits::kSequenceMax);
}

/// State and window, for a claim by a user who holds none; nullopt: neither refuses it.
inline std::optional<Outcome> RefusalOf(const Coupon& coupon, WallTime now) {
    switch (coupon.state) {
        case CouponState::kOpen: break;
        case CouponState::kPaused: return Outcome::kPaused;
        case CouponState::kClosed: return Outcome::kClosed;
    }
    if (now < coupon.issue_start) return Outcome::kNotOpen;
    if (now >= coupon.issue_end) return Outcome::kEnded;
    return std::nullopt;
}

/// The answer to a redemption that the rule refuses.
inline Outcome OutcomeOf(RedemptionRefusal refusal) {
    switch (refusal) {
        case RedemptionRefusal::kAlreadyRedeemed: return Outcome::kAlreadyRedeemed;
        case RedemptionRefusal::kExpired: return Outcome::kExpired;
        case RedemptionRefusal::kBelowMinimumPrice: break;
    }
    return Outcome::kBelowMinimumPrice;
}

inline UserReply ReplyTo(const UserRequest& request, Outcome outcome) {
    return {.tag = request.tag,
            .kind = request.kind,
            .outcome = outcome,
            .redeemed = false,
            .accepted = false,
            .coupon_id = request.coupon_id,
            .user_id = request.user_id,
            .sequence = {},
            .issued_at = {},
            .redeemed_at = {}};
}

inline UserReply ReplyTo(const UserRequest& request, Outcome outcome, Sequence sequence,
                         WallTime issued_at) {
    UserReply reply = ReplyTo(request, outcome);
    reply.sequence = sequence;
    reply.issued_at = issued_at;
    return reply;
}

/// To a claim by a user who holds the coupon.
inline UserReply DuplicateReplyTo(const UserRequest& request, Sequence sequence, WallTime issued_at,
                                  bool redeemed) {
    UserReply reply = ReplyTo(request, Outcome::kDuplicate, sequence, issued_at);
    reply.redeemed = redeemed;
    return reply;
}

}  // namespace coupon::admission
