#include "admission/store_lookup.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "ledger/sqlite_test_store.h"

namespace coupon::admission {
namespace {

using ledger::kNoon;

constexpr CouponId kCoupon{1};
constexpr UserId kUser{1001};

/// An engine that knows what the test says.
class ToldReader final : public HolderReader {
public:
    std::optional<CouponView> FindCoupon(CouponId id) const override {
        if (id != kCoupon) return std::nullopt;
        return CouponView{.coupon = ledger::MakeCoupon(1, 10), .issued = 1, .remaining = 9};
    }
    std::vector<CouponView> ListCoupons(CouponId after, std::size_t) const override {
        if (after >= kCoupon) return {};
        return {*FindCoupon(kCoupon)};
    }
    std::optional<Holding> FindHolding(CouponId id, UserId user) const override {
        if (id != kCoupon || user != kUser || !held) return std::nullopt;
        return Holding{id, user, Sequence{1}, kNoon, redeemed};
    }
    std::vector<Holding> HoldingsOf(UserId user) const override {
        if (const auto holding = FindHolding(kCoupon, user)) return {*holding};
        return {};
    }
    std::optional<std::string> Unavailable() const override { return why; }

    bool held = true;
    bool redeemed = false;
    std::optional<std::string> why = {};
};

class StoreLookupTest : public ledger::SqliteTestStore {
protected:
    StoreLookupTest() {
        EXPECT_TRUE(Create(*ledger_, ledger::MakeCoupon(1, 10)));
        EXPECT_TRUE(Append(*ledger_, ledger::MakeIssuances(1, 1, 3)));
    }
    void Redeem() {
        const std::vector<Redemption> used = {{kCoupon, Sequence{1}, Money{7000}, kNoon}};
        EXPECT_TRUE(ledger_->Write({.issuances = {}, .redemptions = used, .undos = {}}));
    }
    /// Whether it is refused because the memory may be behind the file.
    template <class T>
    static bool IsUnknown(const Result<T>& answer) {
        return !answer && answer.error().code == ErrorCode::kUnavailable &&
               answer.error().applied == Applied::kUnknown && answer.error().retry_is_safe;
    }

    const std::unique_ptr<ledger::SqliteLedger> ledger_ = MustOpen();
    const std::unique_ptr<ledger::SqliteReader> file_ =
        ledger::SqliteReader::Open(Database()).value();
    ToldReader engine_;
    const MemoryLookup memory_{engine_};
    StoreLookup lookup_{engine_, *file_};
};

TEST_F(StoreLookupTest, FindsAClaimThatIsNotRedeemedWithoutTheFile) {
    const auto known = memory_.FindClaim(kCoupon, kUser);
    ASSERT_TRUE(known && *known && **known);
    EXPECT_EQ((**known)->holding.sequence, Sequence{1});
    EXPECT_EQ((**known)->stage, ClaimStage::kIssued);
    EXPECT_FALSE((**known)->redemption);
}

TEST_F(StoreLookupTest, ReadsARedemptionFromTheFile) {
    engine_.redeemed = true;
    Redeem();
    EXPECT_FALSE(memory_.FindClaim(kCoupon, kUser)) << "this needs the file";
    const auto record = lookup_.FindClaim(kCoupon, kUser);
    ASSERT_TRUE(record && *record);
    EXPECT_TRUE((*record)->holding.redeemed);
    ASSERT_TRUE((*record)->redemption);
    EXPECT_EQ((*record)->redemption->order_amount, Money{7000});
}

TEST_F(StoreLookupTest, BelievesTheFileWhereARedemptionWasGivenBackMeanwhile) {
    engine_.redeemed = true;
    const auto record = lookup_.FindClaim(kCoupon, kUser);
    ASSERT_TRUE(record && *record);
    EXPECT_FALSE((*record)->holding.redeemed);
    EXPECT_FALSE((*record)->redemption);
}

TEST_F(StoreLookupTest, TellsNoSuchCouponFromNotClaimed) {
    const auto no_coupon = lookup_.FindClaim(CouponId{2}, kUser);
    ASSERT_FALSE(no_coupon);
    EXPECT_EQ(no_coupon.error().code, ErrorCode::kNotFound);
    const auto no_claim = lookup_.FindClaim(kCoupon, UserId{5});
    ASSERT_TRUE(no_claim);
    EXPECT_FALSE(*no_claim);
    EXPECT_FALSE(*lookup_.FindCoupon(CouponId{2}));
    EXPECT_EQ((*lookup_.FindCoupon(kCoupon))->issued, 1);
}

TEST_F(StoreLookupTest, DoesNotGuessAfterAWriteThatFailed) {
    engine_.why = "writer closed";
    EXPECT_TRUE(lookup_.FindClaim(kCoupon, kUser)) << "what is held is held";
    EXPECT_TRUE(IsUnknown(lookup_.FindCoupon(CouponId{2}))) << "it may be what was written";
    EXPECT_TRUE(IsUnknown(lookup_.FindClaim(CouponId{2}, kUser)));
    EXPECT_TRUE(IsUnknown(lookup_.FindClaim(kCoupon, UserId{5})));
    EXPECT_TRUE(IsUnknown(lookup_.FindCoupon(kCoupon)));
    EXPECT_TRUE(IsUnknown(lookup_.ListCoupons(CouponId{}, 10)));
    EXPECT_TRUE(IsUnknown(lookup_.HoldingsOf(kUser)));
}

TEST_F(StoreLookupTest, ListsCouponsHoldingsAndWinners) {
    EXPECT_EQ(lookup_.ListCoupons(CouponId{}, 10)->size(), 1U);
    EXPECT_TRUE(lookup_.ListCoupons(kCoupon, 10)->empty());
    const auto held = lookup_.HoldingsOf(kUser);
    ASSERT_TRUE(held);
    ASSERT_EQ(held->size(), 1U);
    EXPECT_EQ(held->front().holding.sequence, Sequence{1});
    const auto winners = lookup_.Issuances(kCoupon, Sequence{1}, Sequence{3}, 10);
    ASSERT_TRUE(winners);
    ASSERT_EQ(winners->size(), 2U);
    EXPECT_EQ(winners->back().issuance.user_id, UserId{1003});
}

}  // namespace
}  // namespace coupon::admission
