#include "queue/round_planner.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/limits_consumer.h"

namespace coupon::queue {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kRun = "run";
constexpr CouponId kOne{1};
constexpr CouponId kTwo{2};

class RoundPlannerTest : public ::testing::Test {
protected:
    static QueuedEntry Entry(CouponId coupon, std::string id, std::size_t claims) {
        QueuedEntry entry{.id = std::move(id), .epoch = 1, .claims = {}};
        for (std::size_t i = 0; i < claims; ++i) {
            entry.claims.push_back({coupon, Sequence{1}, UserId{1}, WallTime{}});
        }
        return entry;
    }
    static Taken Entries(CouponId coupon, const std::vector<std::string>& ids,
                         std::size_t claims = 1) {
        Taken taken{.kind = Taken::Kind::kTaken, .epoch = 1};
        for (const std::string& id : ids) taken.entries.push_back(Entry(coupon, id, claims));
        return taken;
    }
    /// The coupons that are read, leases that are only renewed left out.
    std::vector<std::int64_t> Planned() {
        std::vector<std::int64_t> coupons;
        for (const TakeRequest& request : planner_.PlanTakes(now_, kRun)) {
            if (request.claims > 0) coupons.push_back(request.coupon.value);
        }
        return coupons;
    }
    void Give(CouponId coupon, Taken taken, std::string cursor = "") {
        planner_.OnTaken({coupon, std::move(cursor), 10}, kRun, std::move(taken), now_);
    }
    /// The entries' ids of the next write; empty without one.
    std::vector<std::string> NextIds() {
        const auto work = planner_.NextWork(now_);
        std::vector<std::string> ids;
        if (work) {
            for (const QueuedEntry& entry : work->entries) ids.push_back(entry.id);
        }
        return ids;
    }

    MonotonicTime now_{seconds(100)};
    RoundPlanner planner_{{.batch_max = 10, .writers = 4, .lease = seconds(10)}};
};

TEST_F(RoundPlannerTest, ReadsWhatTheRegistryOrTheSweepNames) {
    planner_.SetRegistered({kOne});
    planner_.SetSwept({kTwo});
    EXPECT_EQ(Planned(), (std::vector<std::int64_t>{1, 2}));
    planner_.SetRegistered({});
    EXPECT_EQ(Planned(), (std::vector<std::int64_t>{2}));
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
    RoundPlanner planner(
        {.batch_max = limits::kQueueClaimsHeldMax / 2, .writers = 1, .lease = seconds(10)});
    planner.SetSwept({kOne, kTwo, CouponId{3}});
    EXPECT_EQ(planner.PlanTakes(now_, kRun).size(), 2u);
    planner.OnTaken({kOne, "", 1}, kRun, Entries(kOne, {"1-0"}, limits::kQueueClaimsHeldMax / 2),
                    now_);
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

TEST_F(RoundPlannerTest, TriesAgainAfterAPauseThatDoublesAndReadsNothingMeanwhile) {
    planner_.SetSwept({kOne});
    Give(kOne, Entries(kOne, {"1-0"}));
    constexpr double kLongest = 1;
    milliseconds pause = limits::kQueueRetryPauseFirst;
    for (int i = 0; i < 12; ++i) {
        auto work = planner_.NextWork(now_);
        ASSERT_TRUE(work) << i;
        EXPECT_EQ(work->entries.at(0).id, "1-0");
        planner_.OnDone(kOne, {.again = std::move(work)}, now_, kLongest);
        EXPECT_TRUE(Planned().empty());
        now_ += pause - milliseconds(1);
        EXPECT_FALSE(planner_.NextWork(now_));
        now_ += milliseconds(1);
        pause = std::min(pause * 2, limits::kQueueRetryPauseMax);
    }
    EXPECT_EQ(pause, limits::kQueueRetryPauseMax);
}

TEST_F(RoundPlannerTest, LeavesHalfOfTheWritersToCouponsThatDoNotFail) {
    std::set<CouponId> coupons;
    for (std::int64_t id = 1; id <= 5; ++id) coupons.insert(CouponId{id});
    planner_.SetSwept(coupons);
    for (std::int64_t id = 1; id <= 4; ++id) {
        Give(CouponId{id}, Entries(CouponId{id}, {"1-0"}));
        auto work = planner_.NextWork(now_);
        planner_.OnDone(work->coupon, {.again = std::move(work)}, now_, 0);
    }
    EXPECT_TRUE(planner_.NextWork(now_));
    EXPECT_TRUE(planner_.NextWork(now_));
    EXPECT_FALSE(planner_.NextWork(now_)) << "two of four writers";
    Give(CouponId{5}, Entries(CouponId{5}, {"1-0"}));
    EXPECT_EQ(planner_.NextWork(now_)->coupon, CouponId{5});
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
