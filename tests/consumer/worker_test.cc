#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/consumer/consumer_fixture.h"

namespace coupon::queue {
namespace {

/// A writer that is given its work by hand.
class WorkerTest : public ConsumerTest {
protected:
    WorkResult Do(Work work) {
        if (!worker_) {
            worker_ = std::make_unique<CouponWorker>(*session_, *pool_, clock_, log_,
                                                     [](const std::optional<Error>&) {});
        }
        return worker_->Do(std::move(work));
    }
    const WorkerStats& Stats() const { return worker_->Stats(); }

private:
    std::unique_ptr<CouponWorker> worker_;
};

TEST_F(WorkerTest, DoesNothingTwiceWhenAPausedConsumerWakesUpLate) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 30);
    const Work paused = TakeAll(coupon, "paused");
    ExpireLease(coupon);
    {
        const auto other = Start("other");
        ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
    }
    const WorkResult late = Do(paused);
    EXPECT_FALSE(late.again);
    EXPECT_EQ(Rows(coupon), 30);
    EXPECT_EQ(Stats().repeats.Value(), 30u);
    EXPECT_EQ(Letters(), "");
    EXPECT_EQ(Policy(coupon, "queued"), "0") << "not counted off twice";
}

TEST_F(WorkerTest, SetsAPoisonedClaimAsideAndLetsTheOthersThrough) {
    const CouponId coupon = NewCoupon();
    Sql("ALTER TABLE coupon_issuance ADD CONSTRAINT poison CHECK (user_id <> 66)");
    Claim(coupon, 1, 100);
    EXPECT_FALSE(Do(TakeAll(coupon)).again);
    EXPECT_EQ(Rows(coupon), 99);
    EXPECT_EQ(Letters(), "66 invalid");
    EXPECT_EQ(Waiting(coupon), 0) << "it blocks nobody";
}

TEST_F(WorkerTest, KeepsAConflictAsOneDeadLetterHoweverOftenItIsRead) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 10);
    Sql(
        fmt::format("INSERT INTO coupon_issuance (coupon_id, user_id, sequence, date_issued, "
                    "created_at, updated_at) VALUES ({0}, 5, 500, NOW(6), NOW(6), NOW(6))",
                    coupon.value));
    Sql(fmt::format("UPDATE coupon SET issued_quantity = 1 WHERE id = {}", coupon.value));
    const Work work = TakeAll(coupon);
    EXPECT_FALSE(Do(work).again);
    EXPECT_FALSE(Do(work).again);
    EXPECT_EQ(Rows(coupon), 10);
    EXPECT_EQ(Letters(), "5 conflict");
}

TEST_F(WorkerTest, WritesTheFirstThatFitWhereTheStockWasCutByHand) {
    const CouponId coupon = NewCoupon(100);
    Claim(coupon, 1, 5);
    Sql(fmt::format("UPDATE coupon SET total_quantity = 3 WHERE id = {}", coupon.value));
    EXPECT_FALSE(Do(TakeAll(coupon)).again);
    EXPECT_EQ(Rows(coupon), 3);
    EXPECT_EQ(Letters(), "4 no_stock|5 no_stock");
}

TEST_F(WorkerTest, SetsClaimsOfADeletedCouponAside) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 2);
    const Work work = TakeAll(coupon);
    Sql(fmt::format("DELETE FROM coupon WHERE id = {}", coupon.value));
    EXPECT_FALSE(Do(work).again);
    EXPECT_EQ(Letters(), "1 unknown_coupon|2 unknown_coupon");
}

TEST_F(WorkerTest, KeepsRefusedAcknowledgementsAndWritesNothingTwice) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 10);
    const Work work = TakeAll(coupon);
    const std::string run = Policy(coupon, "run");
    const std::string policy = admission::RedisKeys(coupon).policy;
    redis_.Command({"HSET", policy, "run", ""});  // a loader is at work
    WorkResult refused = Do(work);
    ASSERT_TRUE(refused.again);
    EXPECT_EQ(refused.again->kind, Work::Kind::kAcknowledge);
    EXPECT_EQ(Rows(coupon), 10);
    EXPECT_EQ(Waiting(coupon), 1);
    redis_.Command({"HSET", policy, "run", run});
    EXPECT_FALSE(Do(*std::move(refused.again)).again);
    EXPECT_EQ(Waiting(coupon), 0);
    EXPECT_EQ(Stats().repeats.Value(), 0u);
}

TEST_F(WorkerTest, LoadsACouponWhoseLoadingWasBrokenOffSoThatWhatIsWrittenCanBeTakenOff) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 10);
    const Work work = TakeAll(coupon);
    redis_.Command(
        {"HSET", admission::RedisKeys(coupon).policy, "run", ""});  // and its loader died
    WorkResult refused = Do(work);
    ASSERT_TRUE(refused.again);
    EXPECT_FALSE(Do(*std::move(refused.again)).again);
    EXPECT_EQ(Waiting(coupon), 0);
    EXPECT_EQ(Rows(coupon), 10);
}

TEST_F(WorkerTest, ReadsPendingEntriesAgainWhenAnotherRedisProcessMustBeTold) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 10);
    Work work = TakeAll(coupon);
    work.run = "the process before";
    const WorkResult result = Do(work);
    EXPECT_FALSE(result.again);
    EXPECT_TRUE(result.reread);
    EXPECT_EQ(Waiting(coupon), 1) << "ids of one process say nothing in another";
}

TEST_F(WorkerTest, KeepsTheBatchWhileTheLedgerIsAway) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 10);
    Sql("RENAME TABLE coupon_issuance TO hidden");
    WorkResult failed = Do(TakeAll(coupon));
    ASSERT_TRUE(failed.again);
    EXPECT_EQ(failed.again->entries.size(), 1u);
    EXPECT_EQ(Waiting(coupon), 1);
    Sql("RENAME TABLE hidden TO coupon_issuance");
    EXPECT_FALSE(Do(*std::move(failed.again)).again);
    EXPECT_EQ(Rows(coupon), 10);
}

}  // namespace
}  // namespace coupon::queue
