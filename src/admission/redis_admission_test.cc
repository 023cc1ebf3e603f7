// What only the Redis form has to do; what every form has to, stands in tests/contract.

#include "admission/redis_admission.h"
#include "common/limits_distributed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "admission/redis_admission_fixture.h"

namespace coupon::admission {
namespace {

using ::testing::HasSubstr;

TEST_F(RedisAdmissionTest, LoadsACouponAtItsFirstClaim) {
    Open();
    const CouponId id = NewCoupon(2);
    const UserReply first = Claim(id, 1);
    EXPECT_EQ(first.outcome, Outcome::kAdmitted);
    EXPECT_EQ(first.sequence, Sequence{1});
    EXPECT_TRUE(first.accepted) << "the ledger does not have it";
    EXPECT_GE(first.issued_at, InLedger(id).coupon.issue_start);
    EXPECT_EQ(admission_->Numbers().loads, 1U);
    EXPECT_EQ(admission_->Reader().FindCoupon(id)->coupon, InLedger(id).coupon);
    const UserReply again = Claim(id, 1);
    EXPECT_EQ(again.outcome, Outcome::kDuplicate);
    EXPECT_EQ(again.sequence, Sequence{1});
    EXPECT_EQ(again.issued_at, first.issued_at);
    EXPECT_EQ(Claimed(id, 2), Outcome::kAdmitted);
    EXPECT_EQ(Claimed(id, 3), Outcome::kSoldOut);
    EXPECT_EQ(admission_->Numbers().loads, 1U);
}

TEST_F(RedisAdmissionTest, SendsWhatGathersAsOneCall) {
    Open(Patient);
    const CouponId id = NewCoupon(std::nullopt);
    ASSERT_EQ(Claimed(id, 1), Outcome::kAdmitted);
    const std::uint64_t before = admission_->Numbers().batches;
    const auto tags = SendWhilePaused(id, 2, 700);
    redis_.Resume();
    for (const std::uint64_t tag : tags) {
        ASSERT_EQ(driver_->Await(tag).outcome, Outcome::kAdmitted);
    }
    // The first goes alone, 512 with the next call, the rest with the third.
    EXPECT_EQ(admission_->Numbers().batches - before, 3U);
    EXPECT_EQ(driver_->Await(tags.back()).sequence, Sequence{700}) << "in the order they came";
}

TEST_F(RedisAdmissionTest, AnswersTheSecondClaimOfAUserInOneBatchAsADuplicate) {
    Open(Patient);
    const CouponId id = NewCoupon(5);
    ASSERT_EQ(Claimed(id, 1), Outcome::kAdmitted);
    redis_.Pause();
    std::vector<std::uint64_t> tags;
    for (const std::int64_t user : {7, 8, 8, 9, 8}) {
        tags.push_back(driver_->Send(RequestKind::kClaim, id, UserId{user}));
    }
    redis_.Resume();
    std::string outcomes;
    for (const std::uint64_t tag : tags) {
        const UserReply reply = driver_->Await(tag);
        outcomes += fmt::format("{} {} ", ToString(reply.outcome), reply.sequence.value);
    }
    EXPECT_EQ(outcomes, "admitted 2 admitted 3 duplicate 3 admitted 4 duplicate 3 ");
}

TEST_F(RedisAdmissionTest, KnowsAnUnknownCouponForAWhileWithoutAsking) {
    Open();
    EXPECT_EQ(Claimed(CouponId{77}, 1), Outcome::kUnknownCoupon);
    const std::uint64_t asked = admission_->Numbers().load_failures;
    EXPECT_EQ(asked, 1U);
    EXPECT_EQ(Claimed(CouponId{77}, 1), Outcome::kUnknownCoupon);
    EXPECT_EQ(admission_->Numbers().load_failures, 1U);
}

TEST_F(RedisAdmissionTest, ShedsWhatHasWaitedTooLongBeforeItIsSent) {
    Open([](RedisAdmissionOptions& options) { options.wait_max = std::chrono::seconds{1}; });
    const CouponId id = NewCoupon(std::nullopt);
    ASSERT_EQ(Claimed(id, 1), Outcome::kAdmitted);
    const auto sent = SendWhilePaused(id, 2, 2);
    const auto waited = driver_->Send(RequestKind::kClaim, id, UserId{3}, {},
                                      std::chrono::steady_clock::now() - std::chrono::seconds{1});
    EXPECT_EQ(driver_->Await(waited).outcome, Outcome::kOverloaded) << "never sent";
    EXPECT_EQ(driver_->Await(sent[0]).outcome, Outcome::kUnknown) << "no answer in time";
    redis_.Resume();
    // While Redis wakes up, an answer may be late once more: only asking again tells.
    const auto decided = [&](std::int64_t user) {
        const Outcome outcome = Claimed(id, user);
        return outcome == Outcome::kAdmitted || outcome == Outcome::kDuplicate;
    };
    EXPECT_TRUE(Eventually([&] { return decided(3); }));
    EXPECT_EQ(Claim(id, 2).outcome, Outcome::kDuplicate);
    EXPECT_EQ(Claim(id, 2).sequence, Sequence{2}) << "it was decided, and before the other";
    EXPECT_EQ(Claim(id, 3).sequence, Sequence{3});
}

TEST_F(RedisAdmissionTest, ShedsTheOnlyClaimOfACouponThatCannotBeLoaded) {
    Open([](RedisAdmissionOptions& options) {
        options.wait_max = std::chrono::milliseconds{200};
        options.loader.patience = std::chrono::milliseconds{50};
    });
    const CouponId id = NewCoupon(5);
    const RedisKeys keys(id);
    redis_.Command({"SET", keys.loader, "another's"});
    EXPECT_EQ(Claimed(id, 1), Outcome::kUnavailable);
    redis_.Command({"DEL", keys.loader});
    EXPECT_TRUE(Eventually([&] { return Claimed(id, 1) == Outcome::kAdmitted; }));
}

TEST_F(RedisAdmissionTest, RefusesBeyondItsQueues) {
    Open(Patient);
    const CouponId id = NewCoupon(std::nullopt);
    ASSERT_EQ(Claimed(id, 1), Outcome::kAdmitted);
    const auto most = static_cast<std::int64_t>(limits::kRedisClaimsPerCouponMax);
    const auto tags = SendWhilePaused(id, 2, most + 10);
    EXPECT_EQ(driver_->Await(tags.back()).outcome, Outcome::kOverloaded);
    EXPECT_GE(admission_->Numbers().overloaded, 1U);
    redis_.Resume();
    for (const std::uint64_t tag : tags) {
        const Outcome outcome = driver_->Await(tag).outcome;
        ASSERT_TRUE(outcome == Outcome::kAdmitted || outcome == Outcome::kOverloaded);
    }
}

TEST_F(RedisAdmissionTest, RefusesBeyondWhatALoopMayHoldOverAllCoupons) {
    Open(Patient);
    const auto half = static_cast<std::int64_t>(limits::kRedisClaimsPerLoopMax) / 2;
    std::vector<CouponId> coupons;
    for (int i = 0; i < 3; ++i) {
        coupons.push_back(NewCoupon(std::nullopt));
        ASSERT_EQ(Claimed(coupons.back(), 1), Outcome::kAdmitted);
    }
    redis_.Pause();
    std::vector<std::uint64_t> tags;
    for (const CouponId id : coupons) {
        for (std::int64_t user = 2; user <= half; ++user) {
            tags.push_back(driver_->Send(RequestKind::kClaim, id, UserId{user}));
        }
    }
    EXPECT_EQ(driver_->Await(tags.back()).outcome, Outcome::kOverloaded);
    redis_.Resume();
    for (const std::uint64_t tag : tags) driver_->Await(tag);
}

TEST_F(RedisAdmissionTest, SaysUnavailableWhileRedisIsDownAndLoadsAgainWhenItIsBack) {
    Open([](RedisAdmissionOptions& options) { options.wait_max = std::chrono::milliseconds{200}; });
    const CouponId id = NewCoupon(5);
    ASSERT_EQ(Claimed(id, 1), Outcome::kAdmitted);
    EXPECT_FALSE(admission_->Reader().Unavailable());
    redis_.Kill();
    EXPECT_TRUE(Eventually([&] { return admission_->Reader().Unavailable().has_value(); }));
    EXPECT_EQ(Claimed(id, 2), Outcome::kUnavailable);
    redis_.Start();
    // Its memory is gone, and with it the claim that was only accepted: the level was process.
    EXPECT_TRUE(Eventually([&] { return Claimed(id, 2) == Outcome::kAdmitted; }));
    EXPECT_EQ(InLedger(id).epoch, 2);
}

TEST_F(RedisAdmissionTest, FollowsAnotherProcessThatBeganANewEpoch) {
    Open();
    const CouponId id = NewCoupon(5);
    ASSERT_EQ(Claimed(id, 1), Outcome::kAdmitted);
    ASSERT_TRUE(loader_.Rebuild(id));
    EXPECT_EQ(Claim(id, 2).sequence, Sequence{2});
    EXPECT_EQ(admission_->Numbers().loads, 1U) << "the script told the epoch";
    ASSERT_TRUE(admission_->Rebuild(id));
    EXPECT_EQ(Claim(id, 3).sequence, Sequence{3});
    EXPECT_EQ(InLedger(id).epoch, 3);
}

TEST_F(RedisAdmissionTest, TellsARefusalAgainWithoutAskingOnlyWhileNobodyHasWon) {
    Open(Remembering);
    const CouponId id = NewCoupon(5);
    ASSERT_TRUE(driver_->Change(
        UpdateCoupon{.id = id, .name = {}, .issue_end = {}, .state = CouponState::kPaused}));
    ASSERT_TRUE(Eventually([&] {
        EXPECT_EQ(Claimed(id, 1), Outcome::kPaused);
        return admission_->Numbers().cached_refusals >= 1;
    }));
    ASSERT_TRUE(driver_->Change(
        UpdateCoupon{.id = id, .name = {}, .issue_end = {}, .state = CouponState::kOpen}));
    EXPECT_EQ(Claimed(id, 1), Outcome::kAdmitted) << "its own change is known at once";
    ASSERT_TRUE(driver_->Change(
        UpdateCoupon{.id = id, .name = {}, .issue_end = {}, .state = CouponState::kPaused}));
    const std::uint64_t cached = admission_->Numbers().cached_refusals;
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(Claimed(id, 2), Outcome::kPaused);
        EXPECT_EQ(Claimed(id, 1), Outcome::kDuplicate);
    }
    EXPECT_EQ(admission_->Numbers().cached_refusals, cached);
}

TEST_F(RedisAdmissionTest, DropsRefusalsWhenAnotherProcessChangesTheCoupon) {
    Open(Remembering);
    const CouponId id = NewCoupon(0);
    const auto cached = [&] {
        EXPECT_EQ(Claimed(id, 1), Outcome::kSoldOut);
        return admission_->Numbers().cached_refusals >= 1;
    };
    ASSERT_TRUE(Eventually(cached));
    Do({"HSET", RedisKeys(id).policy, "total", "1"});
    EXPECT_EQ(Claimed(id, 1), Outcome::kSoldOut) << "it was not told";
    Do({"PUBLISH", "coupon:changed", std::to_string(id.value)});
    EXPECT_TRUE(Eventually([&] { return Claimed(id, 1) == Outcome::kAdmitted; }));
}

TEST_F(RedisAdmissionTest, DropsRefusalsWhenItCannotBeToldOfChangesAnyMore) {
    Open(Remembering);
    const CouponId id = NewCoupon(0);
    ASSERT_TRUE(Eventually([&] {
        EXPECT_EQ(Claimed(id, 1), Outcome::kSoldOut);
        return admission_->Numbers().cached_refusals >= 1;
    }));
    Do({"HSET", RedisKeys(id).policy, "total", "1"});
    Do({"CLIENT", "KILL", "TYPE", "pubsub"});
    EXPECT_TRUE(Eventually([&] { return Claimed(id, 1) == Outcome::kAdmitted; }));
}

TEST_F(RedisAdmissionTest, AsksAgainAfterAQuarterOfASecond) {
    Open();
    const CouponId id = NewCoupon(0);
    ASSERT_TRUE(Eventually([&] {
        EXPECT_EQ(Claimed(id, 1), Outcome::kSoldOut);
        return admission_->Numbers().cached_refusals >= 1;
    }));
    Do({"HSET", RedisKeys(id).policy, "total", "1"});  // and nobody is told
    EXPECT_TRUE(Eventually([&] { return Claimed(id, 1) == Outcome::kAdmitted; }));
}

TEST_F(RedisAdmissionTest, SaysNoRoomWhenRedisIsOutOfMemory) {
    Open();
    const CouponId id = NewCoupon(5);
    ASSERT_EQ(Claimed(id, 1), Outcome::kAdmitted);
    Do({"CONFIG", "SET", "maxmemory", "1"});
    EXPECT_EQ(Claimed(id, 2), Outcome::kStorageFull);
    EXPECT_EQ(Claimed(id, 1), Outcome::kDuplicate);
    Do({"CONFIG", "SET", "maxmemory", "0"});
    EXPECT_EQ(Claim(id, 2).sequence, Sequence{2});
}

TEST_F(RedisAdmissionTest, RunsTheScriptByItsTextAfterRedisForgotIt) {
    Open();
    const CouponId id = NewCoupon(5);
    ASSERT_EQ(Claimed(id, 1), Outcome::kAdmitted);
    Do({"SCRIPT", "FLUSH"});
    EXPECT_EQ(Claim(id, 2).sequence, Sequence{2});
}

TEST_F(RedisAdmissionTest, RefusesARedisThatForgetsWinnersAndTellsHowSureItIs) {
    Do({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
    const RedisAdmissionOptions options{.redis = RedisOptionsFor(redis_.Port())};
    const auto refused = RedisAdmission::Open(options, *pool_, clock_);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kConfiguration);
    EXPECT_THAT(refused.error().detail, HasSubstr("allkeys-lru"));
    Do({"CONFIG", "SET", "maxmemory-policy", "noeviction"});
    const auto level = [&] {
        auto opened = RedisAdmission::Open(options, *pool_, clock_);
        return opened ? std::string(ToString((*opened)->Level())) + ": " + (*opened)->Durability()
                      : Describe(opened.error());
    };
    EXPECT_EQ(level(), "process: appendonly no");
    Do({"CONFIG", "SET", "appendonly", "yes"});
    EXPECT_EQ(level(), "os: appendonly yes, appendfsync everysec");
    Do({"CONFIG", "SET", "appendfsync", "always"});
    EXPECT_EQ(level(), "durable: appendonly yes, appendfsync always");
    Do({"CONFIG", "SET", "no-appendfsync-on-rewrite", "yes"});
    EXPECT_THAT(level(), HasSubstr("os: "));
}

TEST_F(RedisAdmissionTest, RedeemsWhatIsIssuedAndNotWhatIsOnlyAccepted) {
    Open();
    const CouponId id = NewCoupon(5);
    ASSERT_EQ(Claimed(id, 1), Outcome::kAdmitted);
    const auto redeem = [&](std::int64_t user) {
        return driver_->Ask(RequestKind::kRedeem, id, UserId{user}, Money{30'000});
    };
    EXPECT_EQ(redeem(2).outcome, Outcome::kNotHeld);
    EXPECT_EQ(redeem(1).outcome, Outcome::kNotIssuedYet);
    WriteFirstEntry(id);
    const UserReply redeemed = redeem(1);
    EXPECT_EQ(redeemed.outcome, Outcome::kRedeemed);
    EXPECT_EQ(redeemed.sequence, Sequence{1});
    EXPECT_GT(redeemed.redeemed_at, WallTime{});
    EXPECT_EQ(redeem(1).outcome, Outcome::kAlreadyRedeemed);
    EXPECT_EQ(driver_->Ask(RequestKind::kUndoRedemption, id, UserId{1}).outcome,
              Outcome::kRedemptionUndone);
    EXPECT_EQ(driver_->Ask(RequestKind::kRedeem, CouponId{99}, UserId{1}, Money{1}).outcome,
              Outcome::kUnknownCoupon);
}

}  // namespace
}  // namespace coupon::admission
