#include "admission/redis_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "admission/redis_changes_fixture.h"

namespace coupon::admission {
namespace {

using ::testing::HasSubstr;

TEST_F(RedisChangesTest, CreatesACouponThatCanBeClaimedAtOnce) {
    Coupon coupon = ledger::SomeCoupon();
    coupon.issue_start = WallTime{};
    coupon.issue_end = coupon.issue_start + std::chrono::days{100'000};
    const auto created = changes_.Apply(CreateCoupon{coupon});
    ASSERT_TRUE(created) << Describe(created.error());
    EXPECT_EQ(created->remaining, 100);
    EXPECT_EQ(Claim(created->coupon.id, {"1"}), "1 ");
    coupon.issue_end = coupon.issue_start;
    EXPECT_EQ(changes_.Apply(CreateCoupon{coupon}).error().field, "issueEndDate");
}

TEST_F(RedisChangesTest, ChangesStockStateAndEndOnBothSides) {
    const CouponId id = Loaded(3);
    ASSERT_EQ(Claim(id, {"1", "2", "3", "4"}), "1 2 3 sold_out");
    EXPECT_EQ(Stock(id, 2)->remaining, 2);
    EXPECT_EQ(Both(id), "5 0");
    EXPECT_EQ(Claim(id, {"4"}), "4 ");
    EXPECT_EQ(Stock(id, -1)->remaining, 0);
    EXPECT_EQ(Both(id), "4 0");
    EXPECT_EQ(State(id, CouponState::kPaused)->issued, 4);
    EXPECT_EQ(Both(id), "4 1");
    EXPECT_EQ(Claim(id, {"9"}), "paused");
    EXPECT_TRUE(State(id, CouponState::kOpen));
    const WallTime end = InLedger(id).coupon.issue_end + std::chrono::hours{1};
    const auto longer =
        changes_.Apply(UpdateCoupon{.id = id, .name = "New name", .issue_end = end, .state = {}});
    ASSERT_TRUE(longer);
    EXPECT_EQ(longer->coupon.name, "New name");
    EXPECT_EQ(Policy(id, "end"), std::to_string(end.time_since_epoch().count()));
    EXPECT_EQ(InLedger(id).coupon.issue_end, end);
    EXPECT_EQ(Policy(id, "change"), std::to_string(InLedger(id).last_change));
    EXPECT_TRUE(State(id, CouponState::kClosed));
    EXPECT_EQ(State(id, CouponState::kOpen).error().code, ErrorCode::kConflict);
    EXPECT_EQ(Both(id), "4 2");
    EXPECT_EQ(Statuses(), "done\ndone\ndone\ndone\ndone\ndone\n");
}

TEST_F(RedisChangesTest, RefusesACutBelowWhatRedisAdmittedThoughTheLedgerHasLess) {
    const CouponId id = Loaded(5);
    ASSERT_EQ(Claim(id, {"1", "2", "3"}), "1 2 3 ");
    ASSERT_EQ(InLedger(id).issued, 0);
    const auto cut = Stock(id, -3);
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, ErrorCode::kConflict);
    EXPECT_THAT(cut.error().detail, HasSubstr("3 of 5 are admitted"));
    EXPECT_EQ(Both(id), "5 0");
    EXPECT_EQ(Statuses(), "refused\n");
    EXPECT_EQ(Stock(id, -2)->remaining, 0);
}

TEST_F(RedisChangesTest, RefusesWhatNamesNothing) {
    const CouponId id = Loaded(std::nullopt);
    EXPECT_EQ(Stock(CouponId{99}, 1).error().code, ErrorCode::kNotFound);
    EXPECT_EQ(Stock(id, 0).error().field, "delta");
    EXPECT_EQ(Stock(id, 1).error().code, ErrorCode::kConflict) << "unlimited";
    EXPECT_FALSE(changes_.Apply(
        UpdateCoupon{.id = id, .name = std::string(51, 'x'), .issue_end = {}, .state = {}}));
    EXPECT_EQ(Policy(id, "total"), "");
}

TEST_F(RedisChangesTest, TellsWhoWaitsTooLongForItsTurn) {
    const CouponId id = Loaded(5);
    const auto turn = intents_.TakeTurn(id, kTestPatience);
    ASSERT_TRUE(turn);
    RedisChanges hasty(*session_, loader_, coupons_, intents_,
                       {.turn = std::chrono::milliseconds{10}});
    const auto late = hasty.Apply(ChangeStock{id, 2});
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(late.error().applied, Applied::kNo);
    EXPECT_EQ(Both(id), "5 0");
}

TEST_F(RedisChangesTest, DoesTheSameRequestOnce) {
    const CouponId id = Loaded(5);
    const ChangeOrigin origin{.by = "ann", .request_id = "top-up-1"};
    EXPECT_EQ(changes_.Apply(ChangeStock{id, 2}, origin)->remaining, 7);
    EXPECT_EQ(changes_.Apply(ChangeStock{id, 2}, origin)->remaining, 7);
    EXPECT_EQ(Both(id), "7 0");
}

TEST_F(RedisChangesTest, LoadsACouponThatIsNotLoadedBeforeItChangesIt) {
    const CouponId id = NewCoupon(5);
    EXPECT_EQ(Stock(id, -1)->remaining, 4);
    EXPECT_EQ(Both(id), "4 0");
}

TEST_F(RedisChangesTest, FinishesWhatACrashLeftWhereverItWas) {
    for (const std::int64_t delta : {2, -2}) {
        for (const std::string done : {"nothing", "redis", "ledger", "both"}) {
            const CouponId id = Loaded(10);
            Begin(id, {.stock_delta = delta}, [&](auto& turn, auto& intent) {
                if (done == "redis" || done == "both") ApplyInRedis(intent);
                if (done == "ledger" || done == "both") {
                    ledger::Must(intents_.ApplyToLedger(turn, intent));
                }
            });
            EXPECT_EQ(*changes_.Reconcile(), 1U) << done;
            EXPECT_EQ(Both(id), fmt::format("{} 0", 10 + delta)) << done;
            EXPECT_EQ(*changes_.Reconcile(), 0U) << done;
        }
    }
}

TEST_F(RedisChangesTest, FinishesWhatACrashLeftBeforeTheNextChangeOfTheCoupon) {
    const CouponId id = Loaded(10);
    const auto intent = Begin(id, {.stock_delta = -2});
    ApplyInRedis(intent);
    EXPECT_EQ(Stock(id, 5)->remaining, 13);
    EXPECT_EQ(Both(id), "13 0");
    EXPECT_EQ(Statuses(), "done\ndone\n");
}

TEST_F(RedisChangesTest, CutsARedisThatWasFilledBeforeTheLedgerHadTheCut) {
    const CouponId id = Loaded(10);
    const auto intent = Begin(id, {.stock_delta = -2});
    ApplyInRedis(intent);
    ASSERT_TRUE(loader_.Rebuild(id));
    ASSERT_EQ(Policy(id, "total"), "10") << "the ledger did not know";
    EXPECT_EQ(*changes_.Reconcile(), 1U);
    EXPECT_EQ(Both(id), "8 0");
}

TEST_F(RedisChangesTest, TellsWhatBecameOfAChangeWhileRedisIsDown) {
    const CouponId id = Loaded(10);
    redis_.Kill();
    RedisChanges hasty(*session_, loader_, coupons_, intents_,
                       {.call = std::chrono::milliseconds{50}});
    const auto cut = hasty.Apply(ChangeStock{id, -2});
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(cut.error().applied, Applied::kNo) << "Redis comes first: nothing was done";
    const auto added = hasty.Apply(ChangeStock{id, 3});
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().applied, Applied::kUnknown) << "the ledger has it";
    EXPECT_EQ(Statuses(), "refused\nledger_done\n");
    redis_.Start();
    EXPECT_EQ(*changes_.Reconcile(), 1U);
    EXPECT_EQ(Both(id), "13 0");
    EXPECT_EQ(Statuses(), "refused\ndone\n");
}

TEST_F(RedisChangesTest, PausesACouponOfARedisThatIsOutOfMemory) {
    const CouponId id = Loaded(5);
    Do({"CONFIG", "SET", "maxmemory", "1"});
    const auto paused = State(id, CouponState::kPaused);
    ASSERT_TRUE(paused) << Describe(paused.error());
    EXPECT_EQ(Both(id), "5 1");
}

TEST_F(RedisChangesTest, NeverSaysThatNothingWasDoneWhereTheLedgerHasItAndGoesOnWithOtherCoupons) {
    const CouponId unreadable = NewCoupon(5);
    const CouponId other = Loaded(5);
    Do({"XADD", RedisKeys(unreadable).accepted, "*", "v", "9"});  // so it cannot be loaded
    const auto added = Stock(unreadable, 2);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code, ErrorCode::kUnavailable) << Describe(added.error());
    EXPECT_EQ(added.error().applied, Applied::kUnknown);
    EXPECT_EQ(InLedger(unreadable).coupon.total_quantity, 7);

    Begin(other, {.stock_delta = 3});
    EXPECT_FALSE(changes_.Reconcile());
    EXPECT_EQ(Both(other), "8 0");
    EXPECT_EQ(Statuses(), "ledger_done\ndone\n");
    const auto next = Stock(unreadable, 1);
    ASSERT_FALSE(next);
    EXPECT_EQ(next.error().applied, Applied::kNo) << "the earlier one comes first";
}

}  // namespace
}  // namespace coupon::admission
