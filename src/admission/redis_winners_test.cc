// Who has won, as it is read from Redis, and what an event loop makes of it.

#include "admission/redis_winners.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "admission/redis_admission_fixture.h"
#include "admission/redis_fixture.h"
#include "common/limits_distributed.h"

namespace coupon::admission {
namespace {

constexpr CouponId kCoupon{7};

class RedisWinnersTest : public RedisScriptTest {
protected:
    RedisWinnersTest() { LoadByHand("100000"); }
    /// As the claim script leaves it.
    void Admit(std::int64_t users) {
        std::vector<std::string> words = {"HSET", keys_.users};
        for (std::int64_t user = 1; user <= users; ++user) {
            words.push_back(std::to_string(user));
            words.push_back(fmt::format("{}:0", user));
        }
        const std::vector<std::string_view> views(words.begin(), words.end());
        EXPECT_TRUE(session_->Call(redis::RedisCommand(views), kTestPatience));
        SetPolicy("next", std::to_string(users + 1));
        SetPolicy("admitted", std::to_string(users));
    }
    std::shared_ptr<const WinnerFilter> Find(std::int64_t epoch, std::int64_t next) {
        auto filter = winners_.Find(kCoupon, {.epoch = epoch, .next = Sequence{next}});
        EXPECT_TRUE(filter);
        return filter.value_or(nullptr);
    }

    RedisWinners winners_{*session_};
};

TEST_F(RedisWinnersTest, FindsThemAll) {
    constexpr std::int64_t kUsers = 20'000;
    Admit(kUsers);
    const auto filter = Find(1, kUsers + 1);
    ASSERT_NE(filter, nullptr);
    for (std::int64_t user = 1; user <= kUsers; ++user) {
        ASSERT_TRUE(filter->MayHold(UserId{user})) << user;
    }
    EXPECT_EQ(Find(1, kUsers + 1), filter) << "read once";
}

TEST_F(RedisWinnersTest, FindsThoseOfAnotherVersionNever) {
    Admit(3);
    EXPECT_NE(Find(1, 4), nullptr);
    EXPECT_EQ(Find(1, 3), nullptr);
    EXPECT_EQ(Find(2, 4), nullptr);
    SetPolicy("run", "another");
    EXPECT_EQ(Find(1, 4), nullptr) << "of a Redis that is gone";
}

TEST_F(RedisWinnersTest, FiltersNoMoreWinnersThanItMay) {
    Admit(3);
    SetPolicy("admitted", std::to_string(limits::kWinnersFilteredMax + 1));
    EXPECT_EQ(Find(1, 4), nullptr);
    SetPolicy("admitted", std::to_string(limits::kWinnersFilteredMax));
    EXPECT_NE(Find(1, 4), nullptr);
}

TEST_F(RedisWinnersTest, KeepsNoMoreFiltersThanItMay) {
    const std::size_t size = WinnerFilter::BytesFor(limits::kWinnersFilteredMax);
    std::vector<std::shared_ptr<const WinnerFilter>> filters;
    const auto find = [&](std::int64_t coupon) {
        const RedisKeys keys(CouponId{coupon});
        Do({"HSET", keys.policy, "run", session_->RunId(), "epoch", "1", "next", "2", "admitted",
            std::to_string(limits::kWinnersFilteredMax)});
        return *winners_.Find(CouponId{coupon}, {.epoch = 1, .next = Sequence{2}});
    };
    for (std::int64_t coupon = 1; (filters.size() + 1) * size <= limits::kWinnerFilterBytesMax;
         ++coupon) {
        filters.push_back(find(coupon));
        ASSERT_NE(filters.back(), nullptr) << coupon;
    }
    EXPECT_EQ(find(1'000), nullptr);
    filters.pop_back();
    EXPECT_NE(find(1'000), nullptr) << "one is needed no more";
}

class SoldOutCoupon : public RedisAdmissionTest {
protected:
    /// All of the stock is claimed by the users from 1 on, and a refusal is remembered.
    CouponId SoldOut(std::int64_t stock) {
        const CouponId id = NewCoupon(stock);
        for (std::int64_t user = 1; user <= stock; ++user) {
            EXPECT_EQ(Claimed(id, user), Outcome::kAdmitted);
        }
        AwaitCached(id);
        return id;
    }
    void AwaitCached(CouponId id) {
        const std::uint64_t before = admission_->Numbers().cached_refusals;
        EXPECT_TRUE(Eventually([&] {
            EXPECT_EQ(Claimed(id, 999), Outcome::kSoldOut);
            return admission_->Numbers().cached_refusals > before;
        }));
    }
    void Publish(CouponId id) { Do({"PUBLISH", "coupon:changed", std::to_string(id.value)}); }
};

TEST_F(SoldOutCoupon, IsRefusedWithoutAskingButEveryWinnerIsRecognised) {
    Open(Remembering);
    const CouponId id = SoldOut(20);
    const std::uint64_t batches = admission_->Numbers().batches;
    for (std::int64_t user = 1; user <= 20; ++user) {
        const UserReply again = Claim(id, user);
        EXPECT_EQ(again.outcome, Outcome::kDuplicate);
        EXPECT_EQ(again.sequence, Sequence{user});
        EXPECT_EQ(Claimed(id, 1'000 + user), Outcome::kSoldOut);
    }
    EXPECT_EQ(admission_->Numbers().batches - batches, 20U) << "only winners are asked for";
}

TEST_F(SoldOutCoupon, RecognisesTheWinnersOfAnotherNode) {
    Open(Remembering);
    const CouponId id = NewCoupon(3);
    ASSERT_EQ(Claimed(id, 1), Outcome::kAdmitted);
    ASSERT_EQ(RedisLedgerTest::Claim(id, {"2", "3"}), "2 3 ");
    AwaitCached(id);
    EXPECT_EQ(Claim(id, 3).outcome, Outcome::kDuplicate);
}

TEST_F(SoldOutCoupon, AdmitsWhoComesAfterATopUpAndRecognisesHimEverAfter) {
    Open(Remembering);
    const CouponId id = SoldOut(2);
    Do({"HSET", RedisKeys(id).policy, "total", "3"});
    Publish(id);
    EXPECT_TRUE(Eventually([&] { return Claimed(id, 3) == Outcome::kAdmitted; }));
    EXPECT_EQ(Claimed(id, 3), Outcome::kDuplicate) << "though he is in no filter yet";
    AwaitCached(id);
    for (const std::int64_t winner : {1, 2, 3}) {
        EXPECT_EQ(Claimed(id, winner), Outcome::kDuplicate) << winner;
    }
}

TEST_F(SoldOutCoupon, NoticesATopUpOfAnotherNodeByItselfWithinAQuarterOfASecond) {
    Open();
    const CouponId id = SoldOut(2);
    Do({"HSET", RedisKeys(id).policy, "total", "3"});  // and nobody is told
    EXPECT_TRUE(Eventually([&] { return Claimed(id, 3) == Outcome::kAdmitted; }));
    EXPECT_EQ(Claimed(id, 3), Outcome::kDuplicate);
}

TEST_F(SoldOutCoupon, UsesNoFilterFromBeforeALoss) {
    Open(Remembering);
    const CouponId id = SoldOut(2);
    Do({"FLUSHALL"});  // and with it both winners, who were only accepted
    Publish(id);
    EXPECT_TRUE(Eventually([&] { return Claimed(id, 5) == Outcome::kAdmitted; }));
    EXPECT_EQ(Claimed(id, 6), Outcome::kAdmitted);
    AwaitCached(id);
    EXPECT_EQ(Claimed(id, 5), Outcome::kDuplicate);
    EXPECT_EQ(Claimed(id, 6), Outcome::kDuplicate);
    EXPECT_EQ(Claimed(id, 1), Outcome::kSoldOut) << "the level allowed it";
}

}  // namespace
}  // namespace coupon::admission
