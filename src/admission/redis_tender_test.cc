#include "admission/redis_tender.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "admission/redis_ledger_fixture.h"

namespace coupon::admission {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class RedisTenderTest : public RedisLedgerTest {
protected:
    bool IsLoaded(CouponId id) { return Do({"EXISTS", RedisKeys(id).policy}) == "1"; }
    /// "LOADED UNLOADED".
    std::string Tend(WallTime now) {
        const auto report = tender_.Tend(now);
        return report ? fmt::format("{} {}", report->loaded, report->unloaded)
                      : Describe(report.error());
    }

    RedisTender tender_{*session_, loader_, coupons_};
};

TEST_F(RedisTenderTest, LoadsWhatOpensWithinAMinute) {
    const CouponId id = NewCoupon(5);
    const WallTime start = InLedger(id).coupon.issue_start;
    EXPECT_EQ(Tend(start - seconds{61}), "0 0");
    EXPECT_FALSE(IsLoaded(id));
    EXPECT_EQ(Tend(start), "0 0") << "open: the first claim has it loaded";
    EXPECT_FALSE(IsLoaded(id));
    EXPECT_EQ(Tend(start - seconds{60}), "1 0");
    EXPECT_TRUE(IsLoaded(id));
    Do({"FLUSHALL"});
    EXPECT_EQ(Tend(start - seconds{30}), "1 0") << "looked at again, and loaded anew";
    EXPECT_EQ(InLedger(id).epoch, 2);
    EXPECT_EQ(Tend(start - seconds{10}), "1 0");
    EXPECT_EQ(InLedger(id).epoch, 2) << "it was there";
}

TEST_F(RedisTenderTest, LoadsTheOthersWhereOneCannotBe) {
    const CouponId damaged = NewCoupon(5);
    const CouponId good = NewCoupon(5);
    Do({"XADD", RedisKeys(damaged).accepted, "*", "v", "9"});
    EXPECT_EQ(Tend(InLedger(good).coupon.issue_start - seconds{1}), "1 0");
    EXPECT_TRUE(IsLoaded(good));
}

TEST_F(RedisTenderTest, ForgetsWhatEndedADayAgoAndHasNothingWaiting) {
    const CouponId id = NewCoupon(5);
    ASSERT_TRUE(loader_.Load(id));
    ASSERT_EQ(Claim(id, {"1"}), "1 ");
    const WallTime end = InLedger(id).coupon.issue_end;
    EXPECT_EQ(Tend(end + hours{25}), "0 0") << "a claim waits for the ledger";
    WriteFirstEntry(id);
    Do({"XTRIM", RedisKeys(id).accepted, "MAXLEN", "0"});
    EXPECT_EQ(Tend(end + hours{24} - minutes{1}), "0 0");
    EXPECT_EQ(Tend(end + hours{24}), "0 1");
    EXPECT_EQ(Do({"DBSIZE"}), "0");
    EXPECT_EQ(Tend(end + hours{25}), "0 0");
}

TEST_F(RedisTenderTest, KeepsForADayWhatWasAskedForLongAfterItsEnd) {
    const CouponId id = NewCoupon(5);
    Sql("UPDATE coupon SET issue_start_date = '2020-01-01', issue_end_date = '2020-01-02'");
    ASSERT_TRUE(loader_.Load(id));
    const WallTime loaded{std::chrono::milliseconds{std::stoll(Policy(id, "loaded"))}};
    EXPECT_EQ(Tend(loaded), "0 0");
    EXPECT_EQ(Tend(loaded + hours{24} - seconds{1}), "0 0");
    EXPECT_TRUE(IsLoaded(id));
    EXPECT_EQ(Tend(loaded + hours{24}), "0 1");
    EXPECT_FALSE(IsLoaded(id));
}

TEST_F(RedisTenderTest, DropsWhatIsGoneFromTheLedgerAndTellsOnceOfClaimsThatNobodyTakes) {
    const CouponId empty = NewCoupon(5);
    const CouponId loaded = NewCoupon(5);
    const CouponId orphan = NewCoupon(5);
    for (const CouponId id : {empty, loaded, orphan}) ASSERT_TRUE(loader_.Load(id));
    ASSERT_EQ(Claim(loaded, {"1"}), "1 ");
    ASSERT_EQ(Claim(orphan, {"1"}), "1 ");
    Do({"HSET", RedisKeys(orphan).policy, "run", "of another process"});
    Sql("DELETE FROM coupon");
    const auto report = tender_.Tend(WallTime{});
    ASSERT_TRUE(report) << Describe(report.error());
    EXPECT_EQ(report->unloaded, 1U);
    EXPECT_THAT(report->orphaned, ::testing::ElementsAre(orphan));
    EXPECT_EQ(Do({"SMEMBERS", kActiveCouponsKey}), fmt::format("({})", loaded.value))
        << "a consumer makes dead letters of its claims";
    EXPECT_EQ(Do({"XLEN", RedisKeys(orphan).accepted}), "1") << "nothing is thrown away";
    EXPECT_THAT(tender_.Tend(WallTime{})->orphaned, ::testing::IsEmpty());
}

}  // namespace
}  // namespace coupon::admission
