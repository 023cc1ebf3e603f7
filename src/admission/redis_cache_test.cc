#include "admission/redis_cache.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>

namespace coupon::admission {
namespace {

constexpr MonotonicTime At(int seconds) { return MonotonicTime{} + std::chrono::seconds{seconds}; }
constexpr WinnersVersion kNobody{.epoch = 1, .next = Sequence{1}};
constexpr WinnersVersion kTwoWon{.epoch = 1, .next = Sequence{3}};

std::shared_ptr<const WinnerFilter> TwoWinners(const WinnersVersion& version) {
    auto filter = std::make_shared<WinnerFilter>(version, 2);
    filter->Add(UserId{1});
    filter->Add(UserId{2});
    return filter;
}

TEST(WinnerFilter, HoldsEveryWinnerAndFewOthers) {
    constexpr std::int64_t kWinners = 50'000;
    WinnerFilter filter(kTwoWon, kWinners);
    for (std::int64_t user = 1; user <= kWinners; ++user) filter.Add(UserId{user * 3});
    std::int64_t others = 0;
    for (std::int64_t user = 1; user <= kWinners; ++user) {
        ASSERT_TRUE(filter.MayHold(UserId{user * 3})) << user;
        others += filter.MayHold(UserId{user * 3 + 1}) ? 1 : 0;
    }
    EXPECT_LT(others, kWinners / 200);
    EXPECT_EQ(filter.Bytes(), WinnerFilter::BytesFor(kWinners));
    EXPECT_LE(filter.Bytes(), static_cast<std::size_t>(kWinners) * 2 + 64) << "16 bits a winner";
    EXPECT_FALSE(WinnerFilter(kNobody, 0).MayHold(UserId{1}));
}

class CachedRefusalTest : public ::testing::Test {
protected:
    /// What a user is told at second 1 without asking.
    std::optional<Outcome> Told(std::int64_t user) const {
        return cache_.Find(UserId{user}, At(1));
    }
    void SoldOutWithTwoWinners() {
        cache_.See(kTwoWon);
        cache_.Learn(TwoWinners(kTwoWon));
        cache_.See(kTwoWon);
        cache_.Remember(Outcome::kSoldOut, At(5));
    }

    CachedRefusal cache_;
};

TEST_F(CachedRefusalTest, IsToldToAllWhileNobodyHasWon) {
    EXPECT_FALSE(Told(1));
    cache_.See(kNobody);
    EXPECT_TRUE(cache_.KnowsWinners());
    cache_.Remember(Outcome::kPaused, At(5));
    EXPECT_EQ(Told(1), Outcome::kPaused);
    EXPECT_FALSE(cache_.Find(UserId{1}, At(5))) << "its time is over";
    cache_.Drop();
    EXPECT_FALSE(Told(1));
}

TEST_F(CachedRefusalTest, IsToldToNoWinner) {
    cache_.See(kTwoWon);
    EXPECT_FALSE(cache_.KnowsWinners());
    SoldOutWithTwoWinners();
    EXPECT_EQ(Told(9), Outcome::kSoldOut);
    EXPECT_FALSE(Told(1));
    EXPECT_FALSE(Told(2));
}

TEST_F(CachedRefusalTest, IsNotTakenFromAnAnswerThatAChangeHasOvertaken) {
    cache_.Ask();
    cache_.Drop();
    cache_.See(kNobody);
    cache_.Remember(Outcome::kSoldOut, At(5));
    EXPECT_FALSE(Told(9)) << "it was decided before the stock was raised";
    cache_.Ask();
    cache_.See(kNobody);
    cache_.Remember(Outcome::kSoldOut, At(5));
    EXPECT_EQ(Told(9), Outcome::kSoldOut);
}

TEST_F(CachedRefusalTest, EndsWithTheFirstAnswerOfAnotherVersion) {
    SoldOutWithTwoWinners();
    cache_.See({.epoch = 1, .next = Sequence{4}});
    EXPECT_FALSE(Told(9)) << "another node may have added stock and admitted this very user";
    EXPECT_FALSE(cache_.KnowsWinners());
}

TEST_F(CachedRefusalTest, UsesNoFilterOfAnotherEpoch) {
    SoldOutWithTwoWinners();
    cache_.See({.epoch = 2, .next = kTwoWon.next});
    EXPECT_FALSE(Told(9));
    EXPECT_FALSE(cache_.KnowsWinners()) << "after a loss others may have the same sequences";
    cache_.Learn(TwoWinners(kTwoWon));
    EXPECT_FALSE(cache_.KnowsWinners()) << "it came late";
    EXPECT_FALSE(Told(9));
}

TEST_F(CachedRefusalTest, KeepsItsWinnersOverAChangeAndForgetsThemWithTheSubscription) {
    SoldOutWithTwoWinners();
    cache_.Drop();
    EXPECT_FALSE(Told(9));
    cache_.See(kTwoWon);
    EXPECT_TRUE(cache_.KnowsWinners()) << "the change added nobody";
    cache_.Forget();
    EXPECT_FALSE(cache_.KnowsWinners());
}

}  // namespace
}  // namespace coupon::admission
