#include "queue/queue_survey.h"
#include "common/limits_consumer.h"

#include <gtest/gtest.h>

namespace coupon::queue {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr MonotonicTime kNow{seconds(100)};
constexpr auto kFresh = limits::kQueueSurveyFresh;

QueueLook Look(CouponId coupon, std::optional<std::int64_t> claims, milliseconds oldest) {
    QueueLook look{.coupon = coupon, .oldest = oldest};
    if (claims) look.counts = AdmissionCounts{.queued = *claims};
    return look;
}

TEST(QueueSurvey, IsUnknownBeforeItWasTold) { EXPECT_FALSE(QueueSurvey().Sum(kNow)); }

TEST(QueueSurvey, IsZeroWithoutCoupons) {
    QueueSurvey survey;
    survey.SetCoupons({});
    const auto sum = survey.Sum(kNow);
    ASSERT_TRUE(sum);
    EXPECT_EQ(sum->backlog, 0);
    EXPECT_EQ(sum->oldest, milliseconds(0));
    EXPECT_EQ(sum->unknown_coupons, 0u);
}

TEST(QueueSurvey, AddsTheBacklogsAndTakesTheOldestAge) {
    QueueSurvey survey;
    survey.SetCoupons({CouponId{1}, CouponId{2}});
    survey.Record(Look(CouponId{1}, 5, milliseconds(70)), kNow);
    survey.Record(Look(CouponId{2}, 3, milliseconds(90)), kNow);
    const auto sum = survey.Sum(kNow);
    ASSERT_TRUE(sum);
    EXPECT_EQ(sum->backlog, 8);
    EXPECT_EQ(sum->oldest, milliseconds(90));
    EXPECT_EQ(sum->unknown_coupons, 0u);
}

TEST(QueueSurvey, KnowsTheOthersWhereOneCannotBeCounted) {
    QueueSurvey survey;
    survey.SetCoupons({CouponId{1}, CouponId{2}, CouponId{3}});
    survey.Record(Look(CouponId{1}, 5, milliseconds(70)), kNow);
    survey.Record(Look(CouponId{2}, std::nullopt, milliseconds(90)), kNow);  // is loading
    const auto sum = survey.Sum(kNow);
    ASSERT_TRUE(sum);
    EXPECT_EQ(sum->backlog, 5);
    EXPECT_EQ(sum->oldest, milliseconds(90)) << "its entries have an age, counted or not";
    EXPECT_EQ(sum->unknown_coupons, 2u);
}

TEST(QueueSurvey, KnowsNothingOfWhatItHasNotSeenOrNotForLong) {
    QueueSurvey survey;
    survey.SetCoupons({CouponId{1}});
    const auto expect_unknown = [&survey](MonotonicTime now) {
        const auto sum = survey.Sum(now);
        ASSERT_TRUE(sum);
        EXPECT_EQ(sum->backlog, std::nullopt);
        EXPECT_EQ(sum->oldest, std::nullopt);
        EXPECT_EQ(sum->unknown_coupons, 1u);
    };
    expect_unknown(kNow);
    survey.Record(Look(CouponId{1}, 5, milliseconds(10)), kNow);
    EXPECT_EQ(survey.Sum(kNow + kFresh)->backlog, 5);
    expect_unknown(kNow + kFresh + milliseconds(1));
    survey.Record({.coupon = CouponId{1}}, kNow);  // of another type
    expect_unknown(kNow);
}

TEST(QueueSurvey, ForgetsCouponsThatAreGone) {
    QueueSurvey survey;
    survey.SetCoupons({CouponId{1}, CouponId{2}});
    survey.Record(Look(CouponId{1}, 5, milliseconds(10)), kNow);
    survey.SetCoupons({CouponId{1}});
    survey.Record(Look(CouponId{2}, 9, milliseconds(10)), kNow);
    EXPECT_EQ(survey.Sum(kNow)->backlog, 5);
}

TEST(QueueSurvey, GoesRoundAndLooksAtAllWithinTenTurns) {
    constexpr auto kAtOnce = static_cast<std::int64_t>(limits::kQueueSurveyedAtOnce);
    const auto coupons_to = [](std::int64_t last) {
        std::set<CouponId> coupons;
        for (std::int64_t id = 1; id <= last; ++id) coupons.insert(CouponId{id});
        return coupons;
    };
    QueueSurvey survey;
    survey.SetCoupons(coupons_to(kAtOnce + 10));
    const auto first = survey.Next();
    EXPECT_EQ(first.size(), limits::kQueueSurveyedAtOnce);
    EXPECT_EQ(first.front(), CouponId{1});
    const auto second = survey.Next();
    EXPECT_EQ(second.front().value, kAtOnce + 1);
    EXPECT_EQ(second.back().value, kAtOnce - 10) << "round the end";
    survey.SetCoupons(coupons_to(5));
    EXPECT_EQ(survey.Next().size(), 5u);
    survey.SetCoupons(coupons_to(20 * kAtOnce));
    EXPECT_EQ(survey.Next().size(), 2 * limits::kQueueSurveyedAtOnce);
}

}  // namespace
}  // namespace coupon::queue
