#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/limits_consumer.h"
#include "queue/round_planner_fixture.h"

namespace coupon::queue {
namespace {

TEST_F(RoundPlannerTest, TriesAgainAfterAPauseThatDoublesAndReadsNothingMeanwhile) {
    planner_.SetSwept({kOne});
    Give(kOne, Entries(kOne, {"1-0"}));
    milliseconds pause = limits::kQueueRetryPauseFirst;
    for (int i = 0; i < 12; ++i) {
        Fail(planner_.NextWork(now_));
        now_ += pause - milliseconds(1);
        EXPECT_TRUE(Planned().empty()) << i;
        now_ += milliseconds(1);
        EXPECT_EQ(planner_.NextDue(now_ + seconds(1)), now_) << i;
        EXPECT_EQ(Planned(), std::vector<std::int64_t>{1}) << i;
        Give(kOne, Entries(kOne, {"1-0"}), "0-0");
        pause = std::min(pause * 2, limits::kQueueRetryPauseMax);
    }
    EXPECT_EQ(pause, limits::kQueueRetryPauseMax);
}

TEST_F(RoundPlannerTest, GivesBackWhatFailsAndReadsItAgainFromThePendingEntries) {
    planner_.SetSwept({kOne});
    Give(kOne, Entries(kOne, {"1-0", "2-0", "3-0"}, 4), "0-0");
    EXPECT_EQ(planner_.ClaimsHeld(), 12u);
    Fail(planner_.NextWork(now_));
    EXPECT_EQ(planner_.ClaimsHeld(), 0u);
    Give(kOne, Entries(kOne, {"4-0"}, 4));  // was under way
    EXPECT_FALSE(planner_.NextWork(now_)) << "the coupon rests";
    now_ += limits::kQueueRetryPauseFirst;
    EXPECT_EQ(planner_.PlanTakes(now_, kRun).at(0).cursor, "0-0");
    Give(kOne, Entries(kOne, {"1-0", "2-0", "3-0", "4-0"}, 4), "0-0");
    EXPECT_EQ(NextIds(), (std::vector<std::string>{"4-0", "1-0"})) << "each of them once";
}

TEST_F(RoundPlannerTest, KeepsWhatFailsWhereItMayBeNowhereElse) {
    planner_.SetSwept({kOne});
    Give(kOne, Entries(kOne, {"1-0"}), "0-0");
    const auto work = planner_.NextWork(now_);
    planner_.OnTaken({kOne, "0-0", 10}, "other run", Entries(kOne, {"2-0"}), now_);
    Fail(work);
    EXPECT_EQ(planner_.ClaimsHeld(), 1u);
    now_ += limits::kQueueRetryPauseFirst;
    EXPECT_EQ(NextIds(), std::vector<std::string>{"1-0"});
}

TEST_F(RoundPlannerTest, LeavesHalfOfTheWritersToCouponsThatDoNotFail) {
    std::set<CouponId> coupons;
    for (std::int64_t id = 1; id <= 5; ++id) coupons.insert(CouponId{id});
    planner_.SetSwept(coupons);
    for (std::int64_t id = 1; id <= 4; ++id) {
        Give(CouponId{id}, Entries(CouponId{id}, {"1-0"}));
        Fail(planner_.NextWork(now_));
        Give(CouponId{id}, Entries(CouponId{id}, {"1-0"}), "0-0");
    }
    now_ += seconds(1);
    EXPECT_TRUE(planner_.NextWork(now_));
    EXPECT_TRUE(planner_.NextWork(now_));
    EXPECT_FALSE(planner_.NextWork(now_)) << "two of four writers";
    Give(CouponId{5}, Entries(CouponId{5}, {"1-0"}));
    EXPECT_EQ(planner_.NextWork(now_)->coupon, CouponId{5});
}

/// Streams that never end, of coupons whose writes fail but for one.
class FailingCrowdTest : public ::testing::TestWithParam<std::size_t> {
protected:
    using seconds = std::chrono::seconds;

    static constexpr std::string_view kRun = "run";
    static constexpr std::size_t kBatch = limits::kQueueClaimsHeldMax / 10;
    static constexpr std::int64_t kCoupons = 30;
    static constexpr CouponId kHealthy{kCoupons};

    void Read() {
        for (const TakeRequest& request : planner_.PlanTakes(now_, kRun)) {
            Taken taken{.kind = Taken::Kind::kTaken, .epoch = 1};
            if (request.claims > 0) {
                taken.entries.push_back({.id = std::to_string(++last_id_), .epoch = 1});
                taken.entries.front().claims.resize(kBatch);
            }
            planner_.OnTaken(request, kRun, std::move(taken), now_);
        }
    }

    MonotonicTime now_{seconds(100)};
    RoundPlanner planner_{{.batch_max = kBatch, .writers = GetParam(), .lease = seconds(10)}};
    int last_id_ = 0;
};

TEST_P(FailingCrowdTest, LetsAHealthyCouponThroughHoweverMuchTheOthersCouldHold) {
    std::set<CouponId> coupons;
    for (std::int64_t id = 1; id <= kCoupons; ++id) coupons.insert(CouponId{id});
    planner_.SetSwept(coupons);
    int written = 0;
    for (int turn = 0; turn < 200; ++turn) {
        Read();
        EXPECT_LE(planner_.ClaimsHeld(), limits::kQueueClaimsHeldMax);
        auto work = planner_.NextWork(now_);
        if (!work) continue;
        const CouponId coupon = work->coupon;
        if (coupon == kHealthy) {
            ++written;
            planner_.OnDone(coupon, {}, now_, 0);
        } else {
            planner_.OnDone(coupon, {.again = std::move(work)}, now_, 0);  // without any pause
        }
    }
    EXPECT_GE(written, 80) << "about every other turn once all were tried";
}

INSTANTIATE_TEST_SUITE_P(Writers, FailingCrowdTest, ::testing::Values(1, 4));

}  // namespace
}  // namespace coupon::queue
