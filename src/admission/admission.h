#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "common/coupon.h"
#include "common/error.h"
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

/// One user's request for one coupon. Trivially copyable: it crosses threads by value.
struct UserRequest {
    RequestKind kind = RequestKind::kClaim;
    CouponId coupon_id;
    UserId user_id;
    Money order_amount;     ///< kRedeem only
    std::uint64_t tag = 0;  ///< comes back untouched in the reply
};

/// The answer to a UserRequest. Trivially copyable.
struct UserReply {
    std::uint64_t tag = 0;
    RequestKind kind = RequestKind::kClaim;
    Outcome outcome = Outcome::kUnavailable;
    CouponId coupon_id;
    UserId user_id;
    /// With kAdmitted, kDuplicate and the outcomes of a redemption of a held coupon.
    Sequence sequence;
    WallTime issued_at;  ///< with sequence
    /// kRedeemed; kAlreadyRedeemed when it is known without I/O, else zero.
    WallTime redeemed_at;
};

/// Takes the answers that could not be given at once. Implemented by an event loop.
class ReplySink {
public:
    ReplySink() = default;
    ReplySink(const ReplySink&) = delete;
    ReplySink& operator=(const ReplySink&) = delete;
    virtual ~ReplySink() = default;

    /// Called on the admission's thread, once a batch; must not block nor throw. Copies what it needs.
    virtual void Deliver(std::span<const UserReply> replies) noexcept = 0;
};

/// Which loop a request comes from; handed out by Admission::Register.
struct SubmitterId {
    std::size_t index = 0;
};

/// The live counts beside a coupon's record.
struct CouponView {
    Coupon coupon;
    std::int64_t issued = 0;  ///< admissions that are durable
    std::optional<std::int64_t> remaining;  ///< absent = unlimited
};

/// What one user holds of one coupon.
struct Holding {
    CouponId coupon_id;
    UserId user_id;
    Sequence sequence;
    WallTime issued_at;
    bool redeemed = false;
};

// --- Operator changes. Each is applied whole or not at all, and answered once it is durable.

/// The coupon's id, created_at and updated_at are set by the admission.
struct CreateCoupon {
    Coupon coupon;
};
/// Absent members stay as they are.
struct UpdateCoupon {
    CouponId id;
    std::optional<std::string> name;
    std::optional<WallTime> issue_end;
    std::optional<CouponState> state;
};
/// A delta, never an absolute set. Refused (kConflict) below what is admitted or for an unlimited coupon.
struct ChangeStock {
    CouponId id;
    std::int64_t delta = 0;
};
using OperatorChange = std::variant<CreateCoupon, UpdateCoupon, ChangeStock>;

/// Called exactly once, on the admission's thread; must not block.
using ChangeCallback = std::function<void(Result<CouponView>)>;

/// How sure an answer with success is. Named in config, /actuator/info, a metric and every benchmark table.
enum class AckLevel { kProcess, kOs, kDurable, kReplicated };
std::string_view ToString(AckLevel level);

/// Decides who gets a coupon. Forms: embedded (one process, SQLite) and, later, Redis; tests/contract runs one suite
/// against each. The service owns one for its whole life.
class Admission {
public:
    Admission() = default;
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;
    virtual ~Admission() = default;

    /// Decides or begins to. An answer that needs no I/O (a duplicate, "sold out") is returned at once; else nullopt,
    /// and the reply comes through the submitter's sink, exactly once. Thread: the submitter's own.
    virtual std::optional<UserReply> Submit(SubmitterId from, const UserRequest& request) = 0;

    /// Applies an operator change; `done` is called once it is durable or refused. Any thread.
    virtual void Apply(OperatorChange change, ChangeCallback done) = 0;

    /// What can be read without I/O. Valid as long as the admission; any thread that was registered.
    virtual const class AdmissionReader& Reader() const = 0;

    /// Before traffic: `sink` must outlive the admission's Drain. Not thread-safe.
    virtual SubmitterId Register(ReplySink& sink) = 0;

    /// Takes nothing new, finishes what was taken, returns when all of it is durable and answered. True if that was
    /// done before `deadline`. Any thread; call once.
    virtual bool Drain(std::chrono::milliseconds deadline) = 0;
};

/// Reads of durable state without I/O. Thread-safe; never blocks the sequencer.
class AdmissionReader {
public:
    AdmissionReader() = default;
    AdmissionReader(const AdmissionReader&) = delete;
    AdmissionReader& operator=(const AdmissionReader&) = delete;
    virtual ~AdmissionReader() = default;

    virtual std::optional<CouponView> FindCoupon(CouponId id) const = 0;
    /// Coupons with an id above `after`, ascending, at most `limit`; shadow coupons are left out.
    virtual std::vector<CouponView> ListCoupons(CouponId after, std::size_t limit) const = 0;
    /// nullopt: the user does not hold the coupon so far (or the coupon does not exist: see FindCoupon).
    virtual std::optional<Holding> FindHolding(CouponId id, UserId user) const = 0;
    /// Everything the user holds, by coupon id; shadow coupons are left out.
    virtual std::vector<Holding> HoldingsOf(UserId user) const = 0;
    /// Empty while requests can be decided; else why not ("writer closed: commit: I/O error").
    virtual std::optional<std::string> Unavailable() const = 0;
};

}  // namespace coupon::admission
