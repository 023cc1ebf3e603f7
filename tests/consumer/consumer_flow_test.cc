#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/limits_consumer.h"
#include "tests/consumer/consumer_fixture.h"

namespace coupon::queue {
namespace {

TEST_F(ConsumerTest, WritesAcceptedClaimsAndTakesThemOffTheStream) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 300);
    Claim(coupon, 1000);
    const auto consumer = Start();
    ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
    EXPECT_EQ(Rows(coupon), 301);
    EXPECT_EQ(Policy(coupon, "queued"), "0");
    Claim(coupon, 2000);
    ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; })) << "it goes on";
    EXPECT_EQ(Rows(coupon), 302);
    EXPECT_EQ(consumer->Numbers().written, 302u);
    EXPECT_EQ(consumer->WhyNotReady(), std::nullopt);
}

TEST_F(ConsumerTest, StoresSequenceAndTimeOfTheAdmission) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 41);
    Claim(coupon, 42);
    const auto consumer = Start();
    ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
    const auto row = ledger::MysqlReader(*pool_).FindIssuance(coupon, UserId{42});
    ASSERT_TRUE(row && *row);
    EXPECT_EQ((*row)->issuance.sequence, Sequence{2});
    EXPECT_LE((*row)->issuance.issued_at, clock_.WallNow());
    EXPECT_GT((*row)->issuance.issued_at, clock_.WallNow() - std::chrono::minutes(1));
}

TEST_F(ConsumerTest, WritesClaimsLongAfterTheWindowHasEnded) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 5);
    Sql(
        fmt::format("UPDATE coupon SET issue_end_date = NOW(6) - INTERVAL 30 MINUTE, state = "
                    "'closed' WHERE id = {}",
                    coupon.value));
    const auto consumer = Start();
    ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
    EXPECT_EQ(Rows(coupon), 5) << "who was admitted in time is in";
}

TEST_F(ConsumerTest, FindsCouponsThatTheRegistryDoesNotName) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1);
    redis_.Command({"DEL", admission::kActiveCouponsKey});
    const auto consumer = Start();
    EXPECT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
}

TEST_F(ConsumerTest, LeavesCouponsThatEndedLongAgoToTheRegistry) {
    const std::int64_t days = std::chrono::days(limits::kQueueSweepBehind).count();
    const CouponId forgotten = NewCoupon();
    const CouponId ended = NewCoupon();
    for (const auto& [coupon, ago] : {std::pair(forgotten, days + 1), std::pair(ended, days - 1)}) {
        Claim(coupon, 1);
        Sql(
            fmt::format("UPDATE coupon SET issue_start_date = NOW(6) - INTERVAL 90 DAY, "
                        "issue_end_date = NOW(6) - INTERVAL {} DAY WHERE id = {}",
                        ago, coupon.value));
    }
    redis_.Command({"DEL", admission::kActiveCouponsKey});
    const auto consumer = Start();
    ASSERT_TRUE(WaitUntil([&] { return Waiting(ended) == 0; }));
    EXPECT_EQ(Waiting(forgotten), 1);
    redis_.Command({"SADD", admission::kActiveCouponsKey, std::to_string(forgotten.value)});
    EXPECT_TRUE(WaitUntil([&] { return Waiting(forgotten) == 0; }));
}

TEST_F(ConsumerTest, TellsByHowManyClaimsRedisAndTheLedgerDiffer) {
    const CouponId coupon = NewCoupon();
    const CouponId other = NewCoupon();
    Claim(coupon, 1, 10);
    Claim(other, 1, 10);
    {
        const auto consumer = Start();
        ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0 && Waiting(other) == 0; }));
        ASSERT_TRUE(WaitUntil([&] { return consumer->Gap() == ReconcileGap{}; }));
    }
    // By hand, counters too: each store is in order by itself.
    Sql(fmt::format("DELETE FROM coupon_issuance WHERE coupon_id = {} AND user_id < 4",
                    coupon.value));
    Sql(fmt::format("UPDATE coupon SET issued_quantity = 7 WHERE id = {}", coupon.value));
    Sql(
        fmt::format("INSERT INTO coupon_issuance (coupon_id, user_id, sequence, date_issued, "
                    "created_at, updated_at) VALUES ({}, 500, 500, NOW(6), NOW(6), NOW(6))",
                    other.value));
    Sql(fmt::format("UPDATE coupon SET issued_quantity = 11 WHERE id = {}", other.value));
    const auto consumer = Start("b");
    const ReconcileGap expected{.not_in_ledger = 3, .not_admitted = 1};
    EXPECT_TRUE(WaitUntil([&] { return consumer->Gap() == expected; }));
}

TEST_F(ConsumerTest, KnowsWhatRedisKeeps) {
    const auto consumer = Start();
    EXPECT_TRUE(WaitUntil([&] { return consumer->Level() == admission::AckLevel::kProcess; }));
    EXPECT_GT(consumer->Numbers().redis.commands, 0u);
    consumer->Stop();
    redis_.Command({"CONFIG", "SET", "appendonly", "yes"});
    const auto next = Start("b");
    EXPECT_TRUE(WaitUntil([&] { return next->Level() == admission::AckLevel::kOs; }));
}

TEST_F(ConsumerTest, SharesCouponsWithAnotherConsumerAndWritesEachClaimOnce) {
    std::vector<CouponId> coupons;
    for (int i = 0; i < 6; ++i) coupons.push_back(NewCoupon());
    const auto one = Start("one");
    const auto two = Start("two");
    for (int round = 0; round < 20; ++round) {
        for (const CouponId coupon : coupons) Claim(coupon, 1 + 50 * round, 50);
    }
    for (const CouponId coupon : coupons) {
        ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
        EXPECT_EQ(Rows(coupon), 1000);
    }
    EXPECT_EQ(one->Numbers().written + two->Numbers().written, 6000u);
    EXPECT_EQ(Letters(), "");
}

TEST_F(ConsumerTest, GivesItsLeasesUpWhenItStops) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1);
    const auto consumer = Start();
    ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
    EXPECT_EQ(redis_.Command({"EXISTS", admission::RedisKeys(coupon).lease}), "1");
    consumer->Stop();
    EXPECT_EQ(redis_.Command({"EXISTS", admission::RedisKeys(coupon).lease}), "0");
    Claim(coupon, 2);
    const auto next = Start("b");
    EXPECT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }, std::chrono::seconds(5)));
}

TEST_F(ConsumerTest, KnowsWhatWaitsOverAllCoupons) {
    const CouponId coupon = NewCoupon();
    const CouponId other = NewCoupon();
    Claim(other, 1, 3);
    Sql("RENAME TABLE coupon_issuance TO hidden");  // nothing can be written
    Claim(coupon, 1, 5);
    const auto consumer = Start();
    EXPECT_TRUE(WaitUntil([&] {
        const auto queue = consumer->Queue();
        return queue && queue->backlog == 8 && queue->oldest > std::chrono::milliseconds(0);
    }));
    EXPECT_TRUE(WaitUntil([&] { return consumer->WhyNotReady().has_value(); }));
    Sql("RENAME TABLE hidden TO coupon_issuance");
    EXPECT_TRUE(WaitUntil([&] {
        const auto queue = consumer->Queue();
        return queue && queue->backlog == 0;
    }));
    EXPECT_EQ(consumer->WhyNotReady(), std::nullopt);
}

}  // namespace
}  // namespace coupon::queue
