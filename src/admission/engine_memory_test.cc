#include <gtest/gtest.h>

#include <limits>

#include "admission/engine.h"
#include "common/limits.h"

namespace coupon::admission {
namespace {

Coupon CouponOf(std::int64_t id, std::int64_t total, CouponState state = CouponState::kOpen) {
    Coupon coupon;
    coupon.id = CouponId{id};
    coupon.name = "memory";
    coupon.total_quantity = total;
    coupon.issue_end = coupon.issue_start + std::chrono::hours{1};
    coupon.state = state;
    return coupon;
}

std::size_t BytesOf(const Coupon& coupon) {
    Engine engine(1);
    EXPECT_TRUE(engine.RestoreCoupon(coupon));
    return engine.MemoryBytes();
}

TEST(EngineMemory, ReservesRoomForTheStockUpToALimit) {
    const std::size_t most = BytesOf(CouponOf(1, limits::kReservedHoldersMax));
    EXPECT_LT(BytesOf(CouponOf(1, limits::kReservedHoldersMax / 2)), most);
    EXPECT_EQ(BytesOf(CouponOf(1, 10 * limits::kReservedHoldersMax)), most);
}

TEST(EngineMemory, ReservesNothingForAClosedCoupon) {
    const auto stock = limits::kReservedHoldersMax;
    EXPECT_LT(BytesOf(CouponOf(1, stock, CouponState::kClosed)), std::size_t{64} * 1024);
}

TEST(EngineMemory, MakesRoomForTheHoldersThatAreToBeRestored) {
    Engine engine(1);
    constexpr std::int64_t kHolders = 5 * limits::kReservedHoldersMax;
    ASSERT_TRUE(engine.RestoreCoupon(CouponOf(1, kHolders), kHolders));
    const std::size_t room = engine.MemoryBytes();
    EXPECT_GE(room, static_cast<std::size_t>(kHolders) * 12);
    Engine damaged(1);
    ASSERT_TRUE(damaged.RestoreCoupon(CouponOf(1, 10), std::numeric_limits<std::int64_t>::max()));
    ASSERT_TRUE(damaged.RestoreIssuance({CouponId{1}, Sequence{1}, UserId{7}, WallTime{}}, false));
}

TEST(EngineMemory, ReservesNoMoreThanItsShareOverAllCoupons) {
    Engine engine(1);
    constexpr std::int64_t kFull = limits::kReservedHoldersTotalMax / limits::kReservedHoldersMax;
    for (std::int64_t id = 1; id <= kFull; ++id) {
        ASSERT_TRUE(engine.RestoreCoupon(CouponOf(id, limits::kReservedHoldersMax)));
    }
    const std::size_t full = engine.MemoryBytes();
    ASSERT_TRUE(engine.RestoreCoupon(CouponOf(kFull + 1, limits::kReservedHoldersMax)));
    EXPECT_LT(engine.MemoryBytes() - full, std::size_t{64} * 1024);
}

}  // namespace
}  // namespace coupon::admission
