#include "admission/engine_fixture.h"

#include <cstdint>
#include <string>

namespace coupon::admission {
namespace {

TEST_F(AdmissionEngine, RestoresWhatWasStoredAndGoesOn) {
    Coupon coupon = MakeCoupon(3);
    coupon.id = CouponId{4};
    ASSERT_TRUE(engine_.RestoreCoupon(coupon));
    ASSERT_TRUE(engine_.RestoreIssuance({coupon.id, Sequence{1}, UserId{11}, At(1'200)}, true));
    ASSERT_TRUE(engine_.RestoreIssuance({coupon.id, Sequence{2}, UserId{12}, At(1'300)}, false));
    EXPECT_EQ(Decide(coupon.id, 12).sequence, Sequence{2});
    EXPECT_EQ(Redeem(coupon.id, 11), Outcome::kAlreadyRedeemed);
    EXPECT_EQ(Decide(coupon.id, 13).sequence, Sequence{3});
    engine_.Commit();
    EXPECT_EQ(Create(1), CouponId{5}) << "ids go on after the highest";
}

TEST_F(AdmissionEngine, RefusesToRestoreWhatBreaksAPromise) {
    Coupon coupon = MakeCoupon(2);
    coupon.id = CouponId{1};
    ASSERT_TRUE(engine_.RestoreCoupon(coupon));
    const auto code = [&](std::int64_t id, std::int64_t sequence, std::int64_t user) {
        const auto restored = engine_.RestoreIssuance(
            {CouponId{id}, Sequence{sequence}, UserId{user}, At(1'200)}, false);
        return restored ? std::string("fine") : std::string(ToString(restored.error().code));
    };
    EXPECT_EQ(code(2, 1, 1), "damaged") << "a coupon that is not there";
    EXPECT_EQ(code(1, 2, 1), "damaged") << "a gap";
    EXPECT_EQ(code(1, 1, 0), "damaged") << "no user";
    EXPECT_EQ(code(1, 1, 1), "fine");
    EXPECT_EQ(code(1, 2, 1), "damaged") << "a user twice (P4)";
    EXPECT_EQ(code(1, 2, 2), "fine");
    EXPECT_EQ(code(1, 3, 3), "damaged") << "more than the stock (P2)";
    EXPECT_FALSE(engine_.RestoreCoupon(coupon)) << "a coupon twice";
}

}  // namespace
}  // namespace coupon::admission
