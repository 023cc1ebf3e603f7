#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "common/coupon.h"
#include "common/ids.h"

namespace coupon::simulation {

/// Counts what happened, one after the other: no two things have the same tick, and no clock can
/// jump.
using Tick = std::int64_t;
inline constexpr Tick kNever = std::numeric_limits<Tick>::max();

enum class Ask : std::uint8_t { kClaim, kRedeem, kUndoRedemption, kLook };

/// One request of a user and what it heard. A look hears kNotHeld, kNotRedeemed (held) or
/// kAlreadyRedeemed.
struct Operation {
    Ask ask = Ask::kClaim;
    CouponId coupon = {};
    UserId user = {};
    Tick asked = 0;
    Tick answered = kNever;  ///< kNever: cut off, neither yes nor no
    admission::Outcome outcome = admission::Outcome::kUnknown;
    Sequence sequence = {};  ///< with the outcomes of somebody who holds the coupon
    WallTime issued_at = {};
};

/// An operator's change. One at a time for each coupon.
struct Change {
    enum class Fate { kUnknown, kDone, kRefused };
    CouponId coupon = {};  ///< 0: a creation of unknown fate
    Tick asked = 0;
    Tick answered = kNever;
    Fate fate = Fate::kUnknown;
    std::int64_t delta = 0;  ///< of the stock; 0 with a change of something else
    std::optional<std::int64_t> stock = {};  ///< with kDone: as it was told; absent = unlimited
};

/// What a coupon looked like to a reader.
struct Sighting {
    CouponId coupon = {};
    Tick at = 0;
    bool after_start = false;  ///< the first of a new process: what it found in the file
    std::optional<std::int64_t> stock = {};
    std::int64_t issued = 0;
};

/// Everything that clients and the operator saw, and what the disk did to the process.
struct History {
    std::vector<Operation> operations;
    std::vector<Change> changes;
    std::vector<Sighting> sightings;
    std::vector<Tick> disk_errors;
    std::vector<Tick> starts;
};

/// What is in the file after everything has come to rest.
struct Stored {
    struct Row {
        Issuance issuance;
        bool redeemed = false;
    };
    struct CouponRow {
        CouponId id;
        std::optional<std::int64_t> stock;
    };
    std::vector<CouponRow> coupons;
    std::vector<Row> rows;
};

/// Same events, same number.
std::uint64_t HashOf(const History& history, const Stored& stored);
/// The history of one user and coupon, a line an operation; of all if `user` is 0.
std::string Print(const History& history, CouponId coupon, UserId user);

}  // namespace coupon::simulation
