#include "admission/engine_fixture.h"

namespace coupon::admission {
namespace {

TEST_F(AdmissionEngine, RedeemsOnceFromTheMinimumPriceUntilExpiry) {
    Coupon record = MakeCoupon(5);
    record.expires_at = At(3'000);
    const CouponId coupon = Create(record);
    Claim(coupon, 1);
    EXPECT_EQ(Redeem(coupon, 2), Outcome::kNotHeld);
    EXPECT_EQ(Redeem(coupon, 1, 99), Outcome::kBelowMinimumPrice);
    EXPECT_EQ(Redeem(coupon, 1, 100, 3'000), Outcome::kExpired);
    EXPECT_EQ(Redeem(coupon, 1, 100, 2'999), Outcome::kRedeemed) << "also after the claim window";
    EXPECT_EQ(Redeem(coupon, 1), Outcome::kAlreadyRedeemed) << "within the stage";
    engine_.Commit();
    EXPECT_EQ(Redeem(coupon, 1), Outcome::kAlreadyRedeemed);
    EXPECT_TRUE(engine_.FindHolding(coupon, UserId{1})->redeemed);
}

TEST_F(AdmissionEngine, GivesARedemptionBack) {
    const CouponId coupon = Create(5);
    Claim(coupon, 1);
    EXPECT_EQ(Undo(coupon, 1), Outcome::kNotRedeemed);
    Redeem(coupon, 1);
    engine_.Commit();
    EXPECT_EQ(Undo(coupon, 1), Outcome::kRedemptionUndone);
    EXPECT_EQ(engine_.StagedUndos().size(), 1U);
    engine_.Commit();
    EXPECT_FALSE(engine_.FindHolding(coupon, UserId{1})->redeemed);
    EXPECT_EQ(Redeem(coupon, 1), Outcome::kRedeemed);
}

TEST_F(AdmissionEngine, WritesOnlyTheNetOfRedemptionsWithinOneStage) {
    const CouponId coupon = Create(5);
    Claim(coupon, 1);
    Redeem(coupon, 1);
    Undo(coupon, 1);
    EXPECT_TRUE(engine_.StageIsEmpty()) << "used and given back: nothing to write";
    Redeem(coupon, 1);
    engine_.Commit();
    Undo(coupon, 1);
    Redeem(coupon, 1, 250);
    EXPECT_EQ(engine_.StagedUndos().size(), 1U);
    ASSERT_EQ(engine_.StagedRedemptions().size(), 1U);
    EXPECT_EQ(engine_.StagedRedemptions()[0].order_amount, Money{250});
}

TEST_F(AdmissionEngine, TellsADuplicateWhetherItsCouponIsUsed) {
    const CouponId coupon = Create(5);
    Claim(coupon, 1);
    EXPECT_FALSE(Peek(coupon, 1)->redeemed);
    EXPECT_FALSE(Decide(coupon, 1).redeemed);
    Redeem(coupon, 1);
    EXPECT_TRUE(Decide(coupon, 1).redeemed) << "within the stage";
    EXPECT_FALSE(Peek(coupon, 1)->redeemed) << "not durable so far";
    engine_.Commit();
    EXPECT_TRUE(Peek(coupon, 1)->redeemed);
    EXPECT_TRUE(Decide(coupon, 1).redeemed);
}

}  // namespace
}  // namespace coupon::admission
