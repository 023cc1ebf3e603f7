#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include "common/clock.h"
#include "common/ids.h"

namespace coupon::admission {

/// What became of a user's request. Exhaustive: a switch over it has no default.
enum class Outcome : std::uint8_t {
    // Claims
    kAdmitted,       ///< this request took the coupon; sequence and issued_at are set
    kDuplicate,      ///< the user held it before; sequence and issued_at of the first claim
    kSoldOut,        ///< nothing is left, and the user holds none
    kNotOpen,        ///< before the window
    kEnded,          ///< at or after the window's end
    kPaused,         ///< the operator paused it
    kClosed,         ///< the operator closed it
    // Redemptions
    kRedeemed,           ///< used now; redeemed_at is set
    kAlreadyRedeemed,    ///< used before
    kRedemptionUndone,   ///< given back now
    kNotRedeemed,        ///< nothing to give back
    kNotHeld,            ///< the user does not hold this coupon
    kNotIssuedYet,       ///< the claim is accepted; the ledger does not have it yet
    kBelowMinimumPrice,  ///< the order amount is below the coupon's minimum price
    kExpired,            ///< at or after expires_at
    // Any request
    kUnknownCoupon,
    kOverloaded,   ///< a named limit is reached: nothing was applied, ask again later
    kUnavailable,  ///< cannot decide now; nothing was applied
    kStorageFull,  ///< there is no room to store it; nothing was applied
    kUnknown,      ///< may or may not have been applied; asking again tells (P6)
};
inline constexpr std::size_t kOutcomeCount = static_cast<std::size_t>(Outcome::kUnknown) + 1;

/// "admitted", "duplicate", ...: the metric label and the log word.
std::string_view ToString(Outcome outcome);

/// What a user asks for.
enum class RequestKind : std::uint8_t { kClaim, kRedeem, kUndoRedemption };

/// One user's request for one coupon. It crosses threads by value.
struct UserRequest {
    RequestKind kind = RequestKind::kClaim;
    CouponId coupon_id;
    UserId user_id;
    Money order_amount;     ///< kRedeem only
    std::uint64_t tag = 0;  ///< comes back untouched in the reply
    /// When its last byte was read; the default never waits too long.
    MonotonicTime received_at = MonotonicTime::max();
};
static_assert(std::is_trivially_copyable_v<UserRequest> && sizeof(UserRequest) == 48);

/// The answer to a UserRequest; crosses threads by value as well.
struct UserReply {
    std::uint64_t tag = 0;
    RequestKind kind = RequestKind::kClaim;
    Outcome outcome = Outcome::kUnavailable;
    bool redeemed = false;  ///< kDuplicate only: the coupon was used; from Decide the stage counts
    /// kAdmitted, kDuplicate: queued, and not known to be in the ledger.
    bool accepted = false;
    CouponId coupon_id;
    UserId user_id;
    /// With kAdmitted, kDuplicate and the outcomes of a redemption of a held coupon.
    Sequence sequence;
    WallTime issued_at;  ///< with sequence
    /// kRedeemed; kAlreadyRedeemed when it is known without I/O, else zero.
    WallTime redeemed_at;
};
static_assert(std::is_trivially_copyable_v<UserReply>);

/// Takes the answers that could not be given at once. Implemented by an event loop.
class ReplySink {
public:
    ReplySink() = default;
    ReplySink(const ReplySink&) = delete;
    ReplySink& operator=(const ReplySink&) = delete;
    virtual ~ReplySink() = default;

    /// Called on the admission's thread, once a batch; must not block nor throw.
    /// Copies what it needs.
    virtual void Deliver(std::span<const UserReply> replies) noexcept = 0;
};

/// Which loop a request comes from; handed out by Admission::Register.
struct SubmitterId {
    std::size_t index = 0;
};

}  // namespace coupon::admission
