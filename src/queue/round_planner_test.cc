#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/limits_consumer.h"
#include "common/limits_distributed.h"
#include "queue/round_planner_fixture.h"

namespace coupon::queue {
namespace {

TEST_F(RoundPlannerTest, ReadsWhatTheRegistryOrTheSweepNames) {
    planner_.SetRegistered({kOne});
    planner_.SetSwept({kTwo});
    EXPECT_EQ(Planned(), (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(planner_.Coupons(), (std::set<CouponId>{kOne, kTwo}));
    planner_.SetRegistered({});
    EXPECT_EQ(Planned(), (std::vector<std::int64_t>{2}));
}

TEST_F(RoundPlannerTest, DoesNotKnowAllCouponsBeforeRegistryAndLedgerWereRead) {
    planner_.SetRegistered({kOne});
    EXPECT_EQ(planner_.Coupons(), std::nullopt);
    planner_.SetSwept({});
    EXPECT_EQ(planner_.Coupons(), std::set<CouponId>{kOne});
    RoundPlanner other({.batch_max = 10, .writers = 4, .lease = seconds(10)});
    other.SetSwept({kTwo});
    EXPECT_EQ(other.Coupons(), std::nullopt);
}

TEST_F(RoundPlannerTest, LooksThroughThePendingEntriesAgainAlthoughAReadingWasUnderWay) {
    planner_.SetSwept({kOne});
    Give(kOne, Entries(kOne, {"1-0"}), "0-0");
    ASSERT_EQ(NextIds(), std::vector<std::string>{"1-0"});
    const auto under_way = planner_.PlanTakes(now_, kRun);
    ASSERT_EQ(under_way.at(0).cursor, "");
    planner_.OnDone(kOne, {.reread = true}, now_, 0);
    planner_.OnTaken(under_way.at(0), kRun, Entries(kOne, {}), now_);
    now_ += seconds(1);
    const auto next = planner_.PlanTakes(now_, kRun);
    EXPECT_EQ(next.at(0).cursor, "0-0");
    planner_.OnTakeFailed(next.at(0), now_);
    now_ += seconds(1);
    EXPECT_EQ(planner_.PlanTakes(now_, kRun).at(0).cursor, "0-0") << "nothing was looked through";
}

TEST_F(RoundPlannerTest, LooksThroughThePendingEntriesAfterAReadingWhoseReplyWasLost) {
    planner_.SetSwept({kOne});
    Give(kOne, Entries(kOne, {}), "0-0");
    now_ += seconds(1);
    const auto lost = planner_.PlanTakes(now_, kRun);
    ASSERT_EQ(lost.at(0).cursor, "");
    planner_.OnTakeFailed(lost.at(0), now_);  // Redis may have made them pending for us
    now_ += seconds(1);
    EXPECT_EQ(planner_.PlanTakes(now_, kRun).at(0).cursor, "0-0");
}

TEST_F(RoundPlannerTest, LooksThroughThePendingEntriesFirstAndAgainAfterARestartOfRedis) {
    planner_.SetSwept({kOne});
    EXPECT_EQ(planner_.PlanTakes(now_, kRun).at(0).cursor, "0-0");
    Taken taken = Entries(kOne, {"1-0"});
    taken.cursor = "5-0";
    Give(kOne, std::move(taken), "0-0");
    EXPECT_EQ(planner_.PlanTakes(now_, kRun).at(0).cursor, "5-0");
    Give(kOne, Entries(kOne, {}), "5-0");
    now_ += seconds(1);
    EXPECT_EQ(planner_.PlanTakes(now_, kRun).at(0).cursor, "");
    EXPECT_EQ(planner_.PlanTakes(now_, "other run").at(0).cursor, "0-0");
}

TEST_F(RoundPlannerTest, PausesForAnEmptyStreamUpToALimit) {
    planner_.SetSwept({kOne});
    milliseconds pause{0};
    for (int i = 0; i < 10; ++i) {
        ASSERT_EQ(Planned().size(), 1u);
        Give(kOne, Taken{.kind = Taken::Kind::kEmpty});
        EXPECT_TRUE(Planned().empty());
        const MonotonicTime due = planner_.NextDue(now_ + seconds(1));
        pause = std::chrono::duration_cast<milliseconds>(due - now_);
        now_ = due;
    }
    EXPECT_EQ(pause, limits::kQueueIdlePauseMax);
    Give(kOne, Entries(kOne, {"1-0"}));
    EXPECT_EQ(Planned().size(), 1u) << "after something came there is no pause";
}

TEST_F(RoundPlannerTest, GivesACouponToOneWriterAtATime) {
    planner_.SetSwept({kOne});
    Give(kOne, Entries(kOne, {"1-0"}));
    EXPECT_EQ(NextIds(), (std::vector<std::string>{"1-0"}));
    Give(kOne, Entries(kOne, {"2-0"}));
    EXPECT_EQ(NextIds(), (std::vector<std::string>{}));
    planner_.OnDone(kOne, {}, now_, 0);
    EXPECT_EQ(NextIds(), (std::vector<std::string>{"2-0"}));
}

TEST_F(RoundPlannerTest, CutsBatchesAtTheirSizeButNeverAnEntry) {
    planner_.SetSwept({kOne, kTwo});
    Give(kOne, Entries(kOne, {"1-0", "2-0", "3-0"}, 4));
    EXPECT_EQ(NextIds(), (std::vector<std::string>{"1-0", "2-0"}));
    Give(kTwo, Entries(kTwo, {"1-0"}, 25));
    EXPECT_EQ(NextIds(), (std::vector<std::string>{"1-0"}));
}

TEST_F(RoundPlannerTest, TakesTheCouponsInTurn) {
    planner_.SetSwept({kOne, kTwo});
    Give(kOne, Entries(kOne, {"1-0", "1-1", "1-2"}, 10));
    Give(kTwo, Entries(kTwo, {"2-0"}));
    EXPECT_EQ(NextIds(), (std::vector<std::string>{"1-0"}));
    planner_.OnDone(kOne, {}, now_, 0);
    EXPECT_EQ(NextIds(), (std::vector<std::string>{"2-0"})) << "the cold one is not starved";
}

TEST_F(RoundPlannerTest, ReadsAsManyStreamsInARoundAsTheLimitSaysAndGoesOnAfterThem) {
    std::set<CouponId> many;
    const auto count = static_cast<std::int64_t>(limits::kQueueTakesPerRoundMax) + 5;
    for (std::int64_t id = 1; id <= count; ++id) many.insert(CouponId{id});
    RoundPlanner planner({.batch_max = 1, .writers = 1, .lease = seconds(10)});
    planner.SetSwept(many);
    const auto first = planner.PlanTakes(now_, kRun);
    EXPECT_EQ(first.size(), limits::kQueueTakesPerRoundMax);
    EXPECT_EQ(planner.PlanTakes(now_, kRun).front().coupon.value, first.back().coupon.value + 1);
}

TEST_F(RoundPlannerTest, ReadsNoFurtherThanItMayHold) {
    constexpr std::size_t kReading = limits::kQueueClaimsHeldMax / 2;
    RoundPlanner planner(
        {.batch_max = kReading - limits::kClaimsPerCallMax, .writers = 1, .lease = seconds(10)});
    planner.SetSwept({kOne, kTwo, CouponId{3}});
    EXPECT_EQ(planner.PlanTakes(now_, kRun).size(), 2u);
    planner.OnTaken({kOne, "", 1}, kRun, Entries(kOne, {"1-0"}, kReading), now_);
    EXPECT_EQ(planner.PlanTakes(now_, kRun).size(), 1u);
    const auto work = planner.NextWork(now_);
    ASSERT_TRUE(work);
    planner.OnDone(work->coupon, {}, now_, 0);
    EXPECT_EQ(planner.ClaimsHeld(), 0u);
    EXPECT_EQ(planner.PlanTakes(now_, kRun).size(), 2u);
}

TEST_F(RoundPlannerTest, RenewsALeaseWhileNothingMoreCanBeRead) {
    planner_.SetSwept({kOne});
    Give(kOne, Entries(kOne, {"1-0"}, 10));
    EXPECT_TRUE(Planned().empty());
    now_ += seconds(5);
    const auto requests = planner_.PlanTakes(now_, kRun);
    ASSERT_EQ(requests.size(), 1u);
    EXPECT_EQ(requests[0].claims, 0u);
    planner_.OnTaken(requests[0], kRun, Entries(kOne, {}), now_);
    EXPECT_TRUE(Planned().empty());
    EXPECT_EQ(planner_.Leased(), std::vector{kOne});
}

TEST_F(RoundPlannerTest, TakesNoEntryTwiceWhileItIsHeld) {
    planner_.SetSwept({kOne});
    Give(kOne, Entries(kOne, {"1-0", "2-0"}, 10));
    EXPECT_EQ(NextIds(), (std::vector<std::string>{"1-0"}));
    Taken again = Entries(kOne, {"1-0", "2-0", "3-0"});
    again.lease_is_new = true;
    Give(kOne, std::move(again));
    planner_.OnDone(kOne, {}, now_, 0);
    EXPECT_EQ(NextIds(), (std::vector<std::string>{"2-0"}));
    planner_.OnDone(kOne, {}, now_, 0);
    EXPECT_EQ(NextIds(), (std::vector<std::string>{"3-0"}));
}

TEST_F(RoundPlannerTest, LeavesWaitingEntriesToTheConsumerThatHasTheLease) {
    planner_.SetSwept({kOne});
    Give(kOne, Entries(kOne, {"1-0"}));
    Give(kOne, Taken{.kind = Taken::Kind::kHeld, .held_for = seconds(9)});
    EXPECT_EQ(NextIds(), (std::vector<std::string>{}));
    EXPECT_EQ(planner_.ClaimsHeld(), 0u);
    EXPECT_TRUE(planner_.Leased().empty());
    EXPECT_EQ(planner_.NextDue(now_ + seconds(1)), now_ + limits::kQueueLeasePollMax);
}

TEST_F(RoundPlannerTest, KeepsEntriesOfAnotherRedisProcessWhoeverHasTheLease) {
    planner_.SetSwept({kOne});
    Give(kOne, Entries(kOne, {"1-0"}));
    planner_.OnTaken({kOne, "0-0", 10}, "other run",
                     Taken{.kind = Taken::Kind::kHeld, .held_for = seconds(9)}, now_);
    EXPECT_EQ(NextIds(), (std::vector<std::string>{"1-0"}));
}

TEST_F(RoundPlannerTest, DoesNotMixEntriesOfTwoEpochs) {
    planner_.SetSwept({kOne});
    Give(kOne, Entries(kOne, {"1-0"}));
    Taken next = Entries(kOne, {"2-0"});
    next.epoch = 2;
    Give(kOne, std::move(next));
    EXPECT_EQ(NextIds(), (std::vector<std::string>{"1-0"}));
    planner_.OnDone(kOne, {}, now_, 0);
    EXPECT_EQ(planner_.NextWork(now_)->epoch, 2);
}

TEST_F(RoundPlannerTest, LoadsACouponOnceAndThenReadsIt) {
    planner_.SetSwept({kOne});
    Give(kOne, Taken{.kind = Taken::Kind::kNotLoaded});
    const auto work = planner_.NextWork(now_);
    ASSERT_TRUE(work);
    EXPECT_EQ(work->kind, Work::Kind::kLoad);
    Give(kOne, Taken{.kind = Taken::Kind::kNotLoaded});
    EXPECT_FALSE(planner_.NextWork(now_));
    planner_.OnDone(kOne, {}, now_, 0);
    EXPECT_EQ(Planned().size(), 1u);
}

TEST_F(RoundPlannerTest, ReadsThePendingEntriesAgainWhenAnAcknowledgementWasLost) {
    planner_.SetSwept({kOne});
    Give(kOne, Entries(kOne, {"1-0"}));
    EXPECT_EQ(planner_.PlanTakes(now_, kRun).at(0).cursor, "");
    ASSERT_TRUE(planner_.NextWork(now_));
    planner_.OnDone(kOne, {.reread = true}, now_, 0);
    EXPECT_EQ(planner_.PlanTakes(now_, kRun).at(0).cursor, "0-0");
}

}  // namespace
}  // namespace coupon::queue
