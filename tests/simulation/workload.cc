#include "tests/simulation/workload.h"

#include <chrono>
#include <tuple>

namespace coupon::simulation {
namespace {

constexpr std::int64_t kUsers = 40;
constexpr std::int64_t kCoupons = 6;
constexpr std::int64_t kMinimumPrice = 100;

}  // namespace

WallTime Workload::In(std::int64_t low_ms, std::int64_t high_ms) {
    return clock_.WallNow() + std::chrono::milliseconds{random_.Between(low_ms, high_ms)};
}

Workload::Wish Workload::NextWish() {
    Wish wish{.coupon = AnyCoupon(),
              .user = UserId{random_.Between(1, kUsers)},
              .amount = Money{random_.Between(kMinimumPrice - 20, kMinimumPrice + 100)}};
    const std::int64_t roll = random_.Between(1, 100);
    if (roll <= 15 && !uncertain_.empty()) {
        std::tie(wish.coupon, wish.user) = uncertain_.back();
        uncertain_.pop_back();
        wish.again = true;
    } else if (roll <= 17) {
        wish.coupon = CouponId{last_.value + 1};
    } else if (roll <= 35) {
        wish.ask = Ask::kRedeem;
    } else if (roll <= 43) {
        wish.ask = Ask::kUndoRedemption;
    } else if (roll <= 52) {
        wish.ask = Ask::kLook;
    }
    const bool needs_holder = wish.ask != Ask::kClaim && !holders_.empty() && !random_.OneIn(5);
    if (needs_holder) {
        const auto last = static_cast<std::int64_t>(holders_.size()) - 1;
        std::tie(wish.coupon, wish.user) =
            holders_[static_cast<std::size_t>(random_.Between(0, last))];
    }
    return wish;
}

admission::CreateCoupon Workload::NextCoupon() {
    Coupon coupon;
    coupon.name = "simulated";
    if (!random_.OneIn(4)) coupon.total_quantity = random_.Between(0, 14);
    coupon.discount_price = Money{10};
    coupon.minimum_price = Money{kMinimumPrice};
    // Some are open, some open in the middle of the run, some end in it.
    coupon.issue_start = In(-9'000, 3'000);
    coupon.issue_end =
        coupon.issue_start + std::chrono::milliseconds{random_.Between(5'000, 60'000)};
    if (random_.OneIn(3)) coupon.expires_at = In(1, 20'000);
    return {coupon};
}

admission::OperatorChange Workload::NextChange() {
    if (last_.value < kCoupons && random_.OneIn(10)) return NextCoupon();
    const CouponId id = AnyCoupon();
    admission::UpdateCoupon update{.id = id, .name = {}, .issue_end = {}, .state = {}};
    switch (random_.Between(1, 12)) {
        case 1:
        case 2:
        case 3: return admission::ChangeStock{id, random_.Between(1, 5)};
        case 4:
        case 5: return admission::ChangeStock{id, -random_.Between(1, 5)};
        case 6: update.state = CouponState::kPaused; break;
        case 7:
        case 8:
        case 9:
        case 10: update.state = CouponState::kOpen; break;
        case 11: update.issue_end = In(-5'000, 20'000); break;
        default:
            if (random_.OneIn(3)) {
                update.state = CouponState::kClosed;
            } else {
                update.name = "renamed";
            }
    }
    return update;
}

}  // namespace coupon::simulation
