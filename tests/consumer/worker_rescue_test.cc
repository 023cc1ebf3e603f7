#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/limits_consumer.h"
#include "tests/consumer/consumer_fixture.h"

namespace coupon::queue {
namespace {

/// The admission state was rebuilt between the reading and the writing.
class WorkerRescueTest : public ConsumerTest {
protected:
    WorkResult Do(Work work) {
        CouponWorker worker(*session_, *pool_, clock_, log_, [](const std::optional<Error>&) {});
        return worker.Do(std::move(work));
    }
    void Drain(CouponId coupon) {
        const auto consumer = Start("drain");
        ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
    }
};

TEST_F(WorkerRescueTest, WritesUnderTheNewEpochWhatTheNewStateStillHolds) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 20);
    const Work work = TakeAll(coupon);
    Rebuild(coupon);
    EXPECT_FALSE(Do(work).again);
    EXPECT_EQ(Rows(coupon), 20);
    EXPECT_EQ(Waiting(coupon), 0);
    EXPECT_EQ(Letters(), "");
}

TEST_F(WorkerRescueTest, WritesEntriesThatOutlivedTheirEpochInTheStream) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 20);
    Rebuild(coupon);
    Claim(coupon, 100, 20);
    Drain(coupon);
    EXPECT_EQ(Rows(coupon), 40);
    EXPECT_EQ(Letters(), "");
}

TEST_F(WorkerRescueTest, BeginsANewEpochWhereTheLedgerDoesNotKnowTheOneOfRedis) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 20);
    Sql(fmt::format("UPDATE coupon SET epoch = 99 WHERE id = {}", coupon.value));
    EXPECT_FALSE(Do(TakeAll(coupon)).again);
    EXPECT_EQ(Rows(coupon), 20);
    EXPECT_EQ(Policy(coupon, "epoch"), "100");
    EXPECT_EQ(Waiting(coupon), 0);
}

TEST_F(WorkerRescueTest, WaitsWhereTheLedgerRefusesOneEpochAfterTheOther) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 5);
    // The number is right and its text no writer's: "00000000000000000001".
    Sql("ALTER TABLE coupon MODIFY epoch bigint ZEROFILL NOT NULL DEFAULT 0");
    const WorkResult result = Do(TakeAll(coupon));
    EXPECT_TRUE(result.again);
    // Asked as often as it may be; every second time the answer is a new epoch.
    EXPECT_EQ(Policy(coupon, "epoch"), std::to_string(1 + (limits::kQueueReloadsMax + 1) / 2));
    Sql("ALTER TABLE coupon MODIFY epoch bigint NOT NULL DEFAULT 0");
    EXPECT_EQ(Rows(coupon), 0);
    EXPECT_FALSE(Do(TakeAll(coupon)).again);
    EXPECT_EQ(Rows(coupon), 5);
}

TEST_F(WorkerRescueTest, OffersWhatRedisLostToAdmissionAgain) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 20);
    const Work work = TakeAll(coupon);
    LoseRedisStateOf(coupon);
    Load(coupon);
    EXPECT_FALSE(Do(work).again);
    EXPECT_EQ(Rows(coupon), 0);
    EXPECT_EQ(Policy(coupon, "admitted"), "20");
    Drain(coupon);
    EXPECT_EQ(Rows(coupon), 20);
    EXPECT_EQ(Letters(), "");
}

TEST_F(WorkerRescueTest, OffersItWhateverKeepsNewClaimsOut) {
    const std::vector<std::pair<std::string, std::string>> reasons = {
        {"state = 'paused'", "paused"},
        {"state = 'closed'", "closed"},
        {"issue_end_date = NOW(6) - INTERVAL 30 MINUTE", "ended"},
        {"issue_start_date = NOW(6) + INTERVAL 30 MINUTE", "not_open"},
    };
    for (const auto& [change, refusal] : reasons) {
        const CouponId coupon = NewCoupon();
        Claim(coupon, 1, 20);
        const Work work = TakeAll(coupon);
        LoseRedisStateOf(coupon);
        Sql(fmt::format("UPDATE coupon SET {} WHERE id = {}", change, coupon.value));
        Load(coupon);
        EXPECT_EQ(Claim(coupon, 100), refusal);
        EXPECT_FALSE(Do(work).again) << refusal;
        EXPECT_EQ(Policy(coupon, "admitted"), "20") << refusal;
        Drain(coupon);
        EXPECT_EQ(Rows(coupon), 20) << refusal;
    }
    EXPECT_EQ(Letters(), "") << "who was admitted in time is in";
}

TEST_F(WorkerRescueTest, OffersAUserWhoStandsThereTwiceOnce) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 2);
    Work work = TakeAll(coupon);
    work.entries.at(0).claims.at(1).user_id = UserId{1};
    LoseRedisStateOf(coupon);
    Load(coupon);
    EXPECT_FALSE(Do(work).again);
    EXPECT_EQ(Policy(coupon, "admitted"), "1");
    EXPECT_EQ(Letters(), "");
}

TEST_F(WorkerRescueTest, AdmitsNobodyWhereAnEntryOfTheStateCannotBeRead) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 2);
    const Work work = TakeAll(coupon);
    LoseRedisStateOf(coupon);
    Load(coupon);
    redis_.Command({"HSET", admission::RedisKeys(coupon).users, "2", "nonsense"});
    EXPECT_TRUE(Do(work).again);
    EXPECT_EQ(Policy(coupon, "admitted"), "0");
    EXPECT_EQ(Waiting(coupon), 0);
}

TEST_F(WorkerRescueTest, WritesWhatRedisLostAsLongAsNoNewEpochBegan) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 20);
    const Work work = TakeAll(coupon);
    LoseRedisStateOf(coupon);
    const WorkResult unacknowledged = Do(work);
    ASSERT_TRUE(unacknowledged.again);
    EXPECT_EQ(unacknowledged.again->kind, Work::Kind::kAcknowledge);
    EXPECT_EQ(Rows(coupon), 20);
    Load(coupon);
    EXPECT_EQ(Policy(coupon, "admitted"), "20") << "the ledger has them";
}

TEST_F(WorkerRescueTest, SetsAsideWhatIsLostAndHasNoStockAnyMore) {
    const CouponId coupon = NewCoupon(5);
    Claim(coupon, 1, 4);
    const Work work = TakeAll(coupon);
    LoseRedisStateOf(coupon);
    Load(coupon);
    EXPECT_EQ(Claim(coupon, 100, 3), "");
    EXPECT_FALSE(Do(work).again);
    EXPECT_EQ(Letters(), "3 lost_epoch|4 lost_epoch") << "the first two got what was left";
    Drain(coupon);
    EXPECT_EQ(Rows(coupon), 5);
}

TEST_F(WorkerRescueTest, IsDoneWithUsersWhoWonAgainThemselves) {
    const CouponId coupon = NewCoupon(5);
    Claim(coupon, 1, 2);
    const Work work = TakeAll(coupon);
    LoseRedisStateOf(coupon);
    Load(coupon);
    Claim(coupon, 2);  // now the first
    Claim(coupon, 1);  // now the second
    EXPECT_FALSE(Do(work).again);
    Drain(coupon);
    EXPECT_EQ(Rows(coupon), 2);
    EXPECT_EQ(Letters(), "");
    EXPECT_EQ(Policy(coupon, "admitted"), "2");
}

TEST_F(WorkerRescueTest, GivesTheSameLetterWhenItIsAskedTwice) {
    const CouponId coupon = NewCoupon(1);
    Claim(coupon, 1);
    const Work work = TakeAll(coupon);
    LoseRedisStateOf(coupon);
    Load(coupon);
    Claim(coupon, 100);
    Do(work);
    Do(work);
    EXPECT_EQ(Letters(), "1 lost_epoch");
}

}  // namespace
}  // namespace coupon::queue
