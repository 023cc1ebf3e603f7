#include "admission/redis_lookup.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <vector>

#include "admission/redis_ledger_fixture.h"

namespace coupon::admission {
namespace {

class RedisLookupTest : public RedisLedgerTest {
protected:
    std::unique_ptr<RedisLookup> NewLookup() {
        auto lookup = RedisLookup::Create(RedisOptionsFor(redis_.Port()), coupons_, reader_,
                                          [this](CouponId id) { return loader_.Load(id); });
        EXPECT_TRUE(lookup);
        return std::move(*lookup);
    }
    std::unique_ptr<RedisLookup> lookup_ = NewLookup();
};

TEST_F(RedisLookupTest, ReadsFailAtOnceWhileRedisDoesNotAnswerAndWorkAgainSoonAfter) {
    const CouponId id = NewCoupon(5);
    ASSERT_TRUE(ledger::Must(lookup_->FindCoupon(id)));
    redis_.Pause();
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) {
        const auto read = lookup_->FindClaim(id, UserId{1});
        ASSERT_FALSE(read);
        EXPECT_EQ(read.error().code, ErrorCode::kUnavailable);
        EXPECT_FALSE(lookup_->ListCoupons(CouponId{}, 10));
    }
    // If each of the 40 waited for itself, they would take 40 s.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, kTestPatience);
    redis_.Resume();
    EXPECT_TRUE(Eventually([&] { return lookup_->FindCoupon(id).has_value(); }));
}

TEST_F(RedisLookupTest, ReadsFailAtOnceWhileRedisIsDown) {
    const CouponId id = NewCoupon(5);
    redis_.Kill();
    const auto lookup = NewLookup();
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 40; ++i) EXPECT_FALSE(lookup->FindCoupon(id));
    EXPECT_LT(std::chrono::steady_clock::now() - begin, kTestPatience);
    redis_.Start();
    EXPECT_TRUE(Eventually([&] { return lookup->FindCoupon(id).has_value(); }));
}

TEST_F(RedisLookupTest, ListsTheOtherCouponsBesideOneWhoseKeyIsDamaged) {
    const CouponId damaged = NewCoupon(5);
    const CouponId other = NewCoupon(5);
    ASSERT_TRUE(loader_.Load(other));
    ASSERT_EQ(Claim(other, {"1", "2"}), "1 2 ");
    Do({"SET", RedisKeys(damaged).policy, "no hash"});
    const auto coupons = ledger::Must(lookup_->ListCoupons(CouponId{}, 10));
    ASSERT_EQ(coupons.size(), 2U);
    EXPECT_EQ(coupons[0].issued, 0) << "as the ledger has it";
    EXPECT_EQ(coupons[1].issued, 2);
    const auto claim = lookup_->FindClaim(damaged, UserId{1});
    ASSERT_FALSE(claim) << "nobody knows";
    EXPECT_EQ(claim.error().code, ErrorCode::kDamaged);
    EXPECT_TRUE(ledger::Must(lookup_->FindClaim(other, UserId{1})));
    Do({"SET", RedisKeys(other).users, "no hash"});
    EXPECT_FALSE(lookup_->FindClaim(other, UserId{3})) << "a no would be a guess";
}

}  // namespace
}  // namespace coupon::admission
