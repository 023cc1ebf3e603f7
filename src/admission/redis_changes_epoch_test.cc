// What becomes of a change while coupons are loaded anew: the epoch holds its two halves together.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <thread>

#include "admission/redis_changes_fixture.h"
#include "common/limits_distributed.h"

namespace coupon::admission {
namespace {

using ::testing::HasSubstr;

using RedisChangesEpochTest = RedisChangesTest;

/// Every claim that is admitted must find its place in the ledger, whatever became of a cut.
TEST_F(RedisChangesEpochTest, CutsNothingThatALoaderAdmittedWhileTheLedgersHalfWasWaiting) {
    const CouponId id = Loaded(3);
    auto foreign = pool_->Take();
    ASSERT_TRUE(foreign);
    ledger::Must((*foreign)->Begin());
    ledger::Must((*foreign)->Execute("UPDATE coupon SET epoch = 2"));
    std::optional<Result<CouponView>> cut;
    const auto own_session = ConnectTo(redis_);
    RedisLoader own_loader(*own_session, coupons_, reader_);
    RedisChanges own(*own_session, own_loader, coupons_, intents_);
    std::thread thread([&] { cut = own.Apply(ChangeStock{id, -2}); });
    EXPECT_TRUE(Eventually([&] { return Policy(id, "total") == "1"; }));
    // The state of a loader that read the row before the cut came to it.
    Do({"HSET", RedisKeys(id).policy, "epoch", "2", "total", "3", "change", "0"});
    EXPECT_EQ(Claim(id, {"1", "2", "3"}), "1 2 3 ");
    ledger::Must((*foreign)->Commit());
    thread.join();
    ASSERT_FALSE(*cut);
    EXPECT_EQ(cut->error().code, ErrorCode::kConflict) << Describe(cut->error());
    EXPECT_EQ(Both(id), "3 0");
    EXPECT_EQ(Statuses(), "refused\n");
    WriteFirstEntry(id);
    EXPECT_EQ(InLedger(id).issued, 3);
}

TEST_F(RedisChangesEpochTest, CutsTheStateOfALoaderThatCameBetweenTheHalves) {
    const CouponId id = Loaded(3);
    const auto intent = Begin(id, {.stock_delta = -2});
    ApplyInRedis(intent);
    ASSERT_TRUE(loader_.Rebuild(id));
    EXPECT_EQ(Claim(id, {"1", "2"}), "1 2 ") << "the ledger did not know";
    EXPECT_EQ(*changes_.Reconcile(), 1U);
    EXPECT_EQ(Both(id), "3 0");
    EXPECT_EQ(Statuses(), "refused\n");
    WriteFirstEntry(id);
}

TEST_F(RedisChangesEpochTest, LetsALoaderThatComesAfterBothHalvesAdmitNoMore) {
    const CouponId id = Loaded(3);
    Begin(id, {.stock_delta = -2}, [&](auto& turn, auto& intent) {
        ApplyInRedis(intent);
        ASSERT_TRUE(ledger::Must(intents_.ApplyToLedgerInEpoch(turn, intent, 1)));
    });
    ASSERT_TRUE(loader_.Rebuild(id));
    EXPECT_EQ(Claim(id, {"1", "2"}), "1 sold_out");
    EXPECT_EQ(*changes_.Reconcile(), 1U);
    EXPECT_EQ(Both(id), "1 0");
    EXPECT_EQ(Statuses(), "done\n");
    WriteFirstEntry(id);
}

TEST_F(RedisChangesEpochTest, BeginsANewEpochWhereTheLedgerHasAnotherThanRedis) {
    const CouponId id = Loaded(10);
    Sql("UPDATE coupon SET epoch = 5");  // as where another Redis was asked meanwhile
    EXPECT_EQ(Stock(id, -2)->remaining, 8);
    EXPECT_EQ(Policy(id, "epoch"), "6");
    EXPECT_EQ(Both(id), "8 0");
}

TEST_F(RedisChangesEpochTest, GivesUpOnACouponThatIsLoadedElsewhereEachTime) {
    support::RedisServer other_redis;
    const auto elsewhere = ConnectTo(other_redis);
    RedisLoader loads_elsewhere(*elsewhere, coupons_, reader_);
    RedisChanges torn(*session_, loads_elsewhere, coupons_, intents_);
    const auto never_loaded = torn.Apply(ChangeStock{NewCoupon(10), -2});
    ASSERT_FALSE(never_loaded);
    EXPECT_THAT(never_loaded.error().detail, HasSubstr("does not stay loaded"));
    EXPECT_EQ(never_loaded.error().applied, Applied::kNo);

    const CouponId id = Loaded(10);
    Sql("UPDATE coupon SET epoch = 5");
    const auto cut = torn.Apply(ChangeStock{id, -2});
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, ErrorCode::kUnavailable) << Describe(cut.error());
    EXPECT_EQ(cut.error().applied, Applied::kUnknown);
    EXPECT_EQ(InLedger(id).epoch, 5 + limits::kChangeAttempts - 1);
    EXPECT_EQ(*changes_.Reconcile(), 1U);
    EXPECT_EQ(Both(id), "8 0");
}

}  // namespace
}  // namespace coupon::admission
