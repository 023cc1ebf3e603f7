#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "admission/admission.h"
#include "common/coupon.h"
#include "tests/simulation/history.h"
#include "tests/simulation/random.h"
#include "tests/simulation/simulated_clock.h"

namespace coupon::simulation {

/// What clients and the operator want next: all of it from the seed. Small stocks and few users, so
/// that every situation comes up often. Confined to one thread.
class Workload {
public:
    Workload(Random& random, const SimulatedClock& clock) : random_(random), clock_(clock) {}

    struct Wish {
        Ask ask = Ask::kClaim;
        CouponId coupon;
        UserId user;
        Money amount = {};
        bool again = false;  ///< asked before, without an answer
    };
    Wish NextWish();
    /// The user was left without an answer and will ask again.
    void Remember(CouponId coupon, UserId user) { uncertain_.emplace_back(coupon, user); }

    /// The user won: redemptions are mostly asked for by those who can.
    void NoteHolder(CouponId coupon, UserId user) { holders_.emplace_back(coupon, user); }

    admission::CreateCoupon NextCoupon();
    /// A change of a coupon that is there, or a new one.
    admission::OperatorChange NextChange();
    /// The coupons that are there have the ids 1 to `last`.
    void SetLastCoupon(CouponId last) { last_ = last; }
    CouponId LastCoupon() const { return last_; }

private:
    CouponId AnyCoupon() { return CouponId{random_.Between(1, last_.value)}; }
    WallTime In(std::int64_t low_ms, std::int64_t high_ms);

    Random& random_;
    const SimulatedClock& clock_;
    CouponId last_;
    std::vector<std::pair<CouponId, UserId>> uncertain_;
    std::vector<std::pair<CouponId, UserId>> holders_;
};

}  // namespace coupon::simulation
