#include "queue/queue_survey.h"

#include <gtest/gtest.h>

namespace coupon::queue {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr MonotonicTime kNow{seconds(100)};
constexpr seconds kFresh{30};

TEST(QueueSurvey, IsUnknownBeforeItWasTold) { EXPECT_FALSE(QueueSurvey().Sum(kNow, kFresh)); }

TEST(QueueSurvey, IsZeroWithoutCoupons) {
    QueueSurvey survey;
    survey.SetCoupons({});
    EXPECT_EQ(survey.Sum(kNow, kFresh)->backlog, 0);
}

TEST(QueueSurvey, AddsTheBacklogsAndTakesTheOldestAge) {
    QueueSurvey survey;
    survey.SetCoupons({CouponId{1}, CouponId{2}});
    survey.Record(CouponId{1}, 5, milliseconds(70), kNow);
    EXPECT_FALSE(survey.Sum(kNow, kFresh)) << "the other was not looked at";
    survey.Record(CouponId{2}, 3, milliseconds(90), kNow);
    const auto sum = survey.Sum(kNow, kFresh);
    ASSERT_TRUE(sum);
    EXPECT_EQ(sum->backlog, 8);
    EXPECT_EQ(sum->oldest, milliseconds(90));
}

TEST(QueueSurvey, IsUnknownWhereOneQueueCannotBeCountedOrWasSeenTooLongAgo) {
    QueueSurvey survey;
    survey.SetCoupons({CouponId{1}});
    survey.Record(CouponId{1}, 5, milliseconds(0), kNow);
    EXPECT_FALSE(survey.Sum(kNow + seconds(31), kFresh));
    survey.Record(CouponId{1}, std::nullopt, milliseconds(0), kNow);
    EXPECT_FALSE(survey.Sum(kNow, kFresh));
}

TEST(QueueSurvey, ForgetsCouponsThatAreGone) {
    QueueSurvey survey;
    survey.SetCoupons({CouponId{1}, CouponId{2}});
    survey.Record(CouponId{1}, 5, milliseconds(0), kNow);
    survey.SetCoupons({CouponId{1}});
    survey.Record(CouponId{2}, 9, milliseconds(0), kNow);
    EXPECT_EQ(survey.Sum(kNow, kFresh)->backlog, 5);
}

TEST(QueueSurvey, GoesRoundAndLooksAtAllWithinTenTurns) {
    QueueSurvey survey;
    std::set<CouponId> coupons;
    for (std::int64_t id = 1; id <= 100; ++id) coupons.insert(CouponId{id});
    survey.SetCoupons(coupons);
    EXPECT_EQ(survey.Next(30).front(), CouponId{1});
    EXPECT_EQ(survey.Next(30).front(), CouponId{31});
    EXPECT_EQ(survey.Next(60).back(), CouponId{20}) << "round the end";
    EXPECT_EQ(survey.Next(1).size(), 10u);
    EXPECT_EQ(survey.Next(1000).size(), 100u);
}

}  // namespace
}  // namespace coupon::queue
