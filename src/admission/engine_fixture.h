#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>

#include "admission/engine.h"
#include "tests/support/manual_clock.h"

namespace coupon::admission {

using support::At;

inline constexpr std::int64_t kStart = 1'000;
inline constexpr std::int64_t kEnd = 2'000;

/// Open from kStart to kEnd, in milliseconds; redeemable from an order of 100.
inline Coupon MakeCoupon(std::optional<std::int64_t> total) {
    Coupon coupon;
    coupon.name = "half price";
    coupon.total_quantity = total;
    coupon.minimum_price = Money{100};
    coupon.issue_start = At(kStart);
    coupon.issue_end = At(kEnd);
    return coupon;
}

/// One engine and the calls of its tests; times are milliseconds.
class AdmissionEngine : public testing::Test {
protected:
    CouponId Create(std::optional<std::int64_t> total) { return Create(MakeCoupon(total)); }
    CouponId Create(const Coupon& coupon) { return Change(CreateCoupon{coupon}).value().id; }
    Result<Coupon> Change(const OperatorChange& change) {
        auto planned = engine_.Plan(change, At(500));
        if (!planned) return std::unexpected(planned.error());
        engine_.Apply(*planned);
        return planned->coupon;
    }
    Result<Coupon> SetState(CouponId coupon, CouponState state) {
        return Change(UpdateCoupon{.id = coupon, .name = {}, .issue_end = {}, .state = state});
    }
    UserReply Decide(CouponId coupon, std::int64_t user, std::int64_t now = 1'500) {
        return engine_.Decide(
            {.coupon_id = coupon, .user_id = UserId{user}, .order_amount = {}, .tag = 9}, At(now));
    }
    Outcome Claim(CouponId coupon, std::int64_t user, std::int64_t now = 1'500) {
        const Outcome outcome = Decide(coupon, user, now).outcome;
        engine_.Commit();
        return outcome;
    }
    std::optional<UserReply> Peek(CouponId coupon, std::int64_t user,
                                  std::int64_t now = 1'500) const {
        return engine_.Peek({.coupon_id = coupon, .user_id = UserId{user}, .order_amount = {}},
                            At(now));
    }
    Outcome Redeem(CouponId coupon, std::int64_t user, std::int64_t amount = 100,
                   std::int64_t now = 1'500) {
        return engine_
            .Decide({.kind = RequestKind::kRedeem,
                     .coupon_id = coupon,
                     .user_id = UserId{user},
                     .order_amount = Money{amount}},
                    At(now))
            .outcome;
    }
    Outcome Undo(CouponId coupon, std::int64_t user) {
        return engine_
            .Decide({.kind = RequestKind::kUndoRedemption,
                     .coupon_id = coupon,
                     .user_id = UserId{user},
                     .order_amount = {}},
                    At(1'600))
            .outcome;
    }

    Engine engine_{42};
};

}  // namespace coupon::admission
