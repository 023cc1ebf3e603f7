#include "admission/redis_loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>
#include <thread>

#include "admission/redis_accepted.h"
#include "admission/redis_ledger_fixture.h"
#include "ledger/mysql_pool.h"

namespace coupon::admission {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class RedisLoaderTest : public RedisLedgerTest {
protected:
    /// Redis lost what it knew of the coupon but for the stream.
    void LoseState(CouponId id) { Do({"DEL", RedisKeys(id).policy, RedisKeys(id).users}); }
};

TEST_F(RedisLoaderTest, OpensACouponOfWhichNobodyHoldsOne) {
    const CouponId id = NewCoupon(3);
    EXPECT_EQ(Claim(id, {"1"}), "(not_loaded )");
    const auto loaded = loader_.Load(id);
    ASSERT_TRUE(loaded) << Describe(loaded.error());
    EXPECT_EQ(loaded->coupon, InLedger(id).coupon);
    EXPECT_EQ(loaded->epoch, 1);
    EXPECT_EQ(loaded->admitted, 0);
    EXPECT_EQ(InLedger(id).epoch, 1);
    EXPECT_EQ(Do({"SMEMBERS", "coupon:active"}), "(" + std::to_string(id.value) + ")");
    EXPECT_EQ(Claim(id, {"1", "2", "3", "4"}), "1 2 3 sold_out");
}

TEST_F(RedisLoaderTest, TakesTheLedgerAndTheStreamTogetherAndCountsEachUserOnce) {
    const CouponId id = NewCoupon(10);
    ASSERT_TRUE(loader_.Load(id));
    ASSERT_EQ(Claim(id, {"11", "12"}), "1 2 ");
    ASSERT_EQ(Claim(id, {"13"}), "3 ");
    const std::string second = Do({"HGET", RedisKeys(id).users, "12"});
    WriteFirstEntry(id);  // written and not acknowledged: in both
    LoseState(id);
    const auto loaded = loader_.Load(id);
    ASSERT_TRUE(loaded) << Describe(loaded.error());
    EXPECT_EQ(loaded->epoch, 2);
    EXPECT_EQ(loaded->admitted, 3);
    EXPECT_EQ(loaded->queued, 3) << "what is in the stream, whoever has written it";
    EXPECT_EQ(Do({"HGET", RedisKeys(id).users, "12"}), second) << "sequence and time are the same";
    EXPECT_EQ(Policy(id, "next"), "4");
    EXPECT_EQ(Policy(id, "queued"), "3");
    EXPECT_EQ(Claim(id, {"11", "14"}), "4 ");
}

TEST_F(RedisLoaderTest, ContinuesBehindTheHighestSequenceWhateverIsMissingBelow) {
    const CouponId id = NewCoupon(10);
    ASSERT_TRUE(loader_.Load(id));
    ASSERT_EQ(Claim(id, {"11", "12", "13"}), "1 2 3 ");
    WriteFirstEntry(id);
    Sql("DELETE FROM coupon_issuance WHERE user_id = 12");
    Sql("UPDATE coupon SET issued_quantity = 2");
    Do({"FLUSHALL"});
    const auto loaded = loader_.Load(id);
    ASSERT_TRUE(loaded);
    EXPECT_EQ(loaded->admitted, 2);
    EXPECT_EQ(Claim(id, {"12"}), "4 ");
}

TEST_F(RedisLoaderTest, LoadsManyPiecesAndPagesExactly) {
    const CouponId id = NewCoupon(std::nullopt);
    ASSERT_TRUE(loader_.Load(id));
    Do({"HSET", RedisKeys(id).policy, "next", "5001"});
    for (int i = 0; i < 1'100; ++i) {  // more than two pages of the stream
        Claim(id, {std::to_string(900'000 + 2 * i), std::to_string(900'001 + 2 * i)});
    }
    EXPECT_THAT(Sql("INSERT INTO coupon_issuance (coupon_id, user_id, sequence, date_issued, "
                    "created_at, updated_at) SELECT " +
                    std::to_string(id.value) +
                    ", 100000 + seq, seq, NOW(6), NOW(6), NOW(6) FROM seq_1_to_5000"),
                ::testing::Not(StartsWith("-")));
    LoseState(id);
    const auto loaded = loader_.Load(id);
    ASSERT_TRUE(loaded) << Describe(loaded.error());
    EXPECT_EQ(loaded->admitted, 7'200);
    EXPECT_EQ(loaded->queued, 2'200);
    EXPECT_EQ(Do({"HLEN", RedisKeys(id).users}), "7200");
    EXPECT_EQ(Policy(id, "next"), "7201");
    EXPECT_THAT(Do({"HGET", RedisKeys(id).users, "105000"}), StartsWith("5000:"));
}

TEST_F(RedisLoaderTest, IsDoneOnceByTwoAtOnce) {
    const CouponId id = NewCoupon(10);
    const auto other_session = ConnectTo(redis_);
    RedisLoader other(*other_session, coupons_, reader_);
    std::optional<Result<LoadedCoupon>> theirs;
    std::thread thread([&] { theirs = other.Load(id); });
    const auto ours = loader_.Load(id);
    thread.join();
    ASSERT_TRUE(ours) << Describe(ours.error());
    ASSERT_TRUE(*theirs) << Describe(theirs->error());
    EXPECT_EQ(ours->epoch, 1);
    EXPECT_EQ((*theirs)->epoch, 1);
    EXPECT_EQ(InLedger(id).epoch, 1);
}

TEST_F(RedisLoaderTest, StartsOverWhereOneWasKilledHalfWay) {
    const CouponId id = NewCoupon(10);
    const RedisKeys keys(id);
    // What a loader leaves that got as far as a piece: its lock, until that expires.
    Do({"HSET", keys.policy, "run", ""});
    Do({"HSET", keys.loading_users, "999", "7:0"});
    Do({"SET", keys.loader, "killed", "PX", "100"});
    const auto loaded = loader_.Load(id);
    ASSERT_TRUE(loaded) << Describe(loaded.error());
    EXPECT_EQ(loaded->admitted, 0);
    EXPECT_EQ(Claim(id, {"999"}), "1 ");
}

TEST_F(RedisLoaderTest, WaitsForAnotherOnlySoLong) {
    const CouponId id = NewCoupon(10);
    Do({"SET", RedisKeys(id).loader, "other"});
    RedisLoader hasty(*session_, coupons_, reader_, {.patience = std::chrono::milliseconds{50}});
    const auto loaded = hasty.Load(id);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(InLedger(id).epoch, 0);
}

TEST_F(RedisLoaderTest, StartsOverWhenRedisForgetsEverythingInTheMiddle) {
    const CouponId id = NewCoupon(10);
    ASSERT_TRUE(loader_.Load(id));
    ASSERT_EQ(Claim(id, {"11"}), "1 ");
    WriteFirstEntry(id);
    LoseState(id);
    // A foreign lock of the row holds the loader at its second step.
    auto lease = pool_->Take();
    ASSERT_TRUE(lease);
    ledger::Must((*lease)->Execute("START TRANSACTION"));
    ledger::Must((*lease)->Execute("UPDATE coupon SET updated_at = NOW(6)"));
    std::optional<Result<LoadedCoupon>> loaded;
    const auto other_session = ConnectTo(redis_);
    RedisLoader other(*other_session, coupons_, reader_);
    std::thread thread([&] { loaded = other.Load(id); });
    EXPECT_TRUE(Eventually([&] { return Do({"EXISTS", RedisKeys(id).loader}) == "1"; }));
    Do({"FLUSHALL"});
    ledger::Must((*lease)->Execute("ROLLBACK"));
    thread.join();
    ASSERT_TRUE(*loaded) << Describe(loaded->error());
    EXPECT_EQ((*loaded)->epoch, 3) << "one attempt was in vain";
    EXPECT_EQ((*loaded)->admitted, 1);
    EXPECT_EQ(Claim(id, {"11", "12"}), "2 ");
}

TEST_F(RedisLoaderTest, RebuildsWhatIsLoadedUnderANewEpoch) {
    const CouponId id = NewCoupon(10);
    ASSERT_TRUE(loader_.Load(id));
    ASSERT_EQ(Claim(id, {"11"}), "1 ");
    EXPECT_EQ(loader_.Load(id)->epoch, 1) << "nothing to do";
    EXPECT_EQ(loader_.Load(id)->queued, 1);
    const auto rebuilt = loader_.Rebuild(id);
    ASSERT_TRUE(rebuilt);
    EXPECT_EQ(rebuilt->epoch, 2);
    EXPECT_EQ(rebuilt->admitted, 1);
    EXPECT_EQ(Claim(id, {"11", "12"}), "2 ");
}

TEST_F(RedisLoaderTest, LoadsAgainForAnotherRedisProcess) {
    const CouponId id = NewCoupon(10);
    ASSERT_TRUE(loader_.Load(id));
    Do({"HSET", RedisKeys(id).policy, "run", std::string(40, '0')});  // as after a restart
    EXPECT_EQ(loader_.Load(id)->epoch, 2);
}

TEST_F(RedisLoaderTest, LoadsAgainWhereAnotherRedisWasLoadedInBetween) {
    const CouponId id = NewCoupon(10);
    ASSERT_TRUE(loader_.Load(id));
    ASSERT_EQ(Claim(id, {"11"}), "1 ");
    support::RedisServer stand_in;
    const auto other_session = ConnectTo(stand_in);
    RedisLoader other(*other_session, coupons_, reader_);
    EXPECT_EQ(other.Load(id)->epoch, 2);
    const std::string run = Policy(id, "run");
    const auto back = loader_.Load(id);
    ASSERT_TRUE(back) << Describe(back.error());
    EXPECT_EQ(Policy(id, "run"), run) << "the same process as before";
    EXPECT_EQ(back->epoch, 3) << "what is admitted now, the ledger takes";
    EXPECT_EQ(Claim(id, {"11", "12"}), "2 ");
    WriteFirstEntry(id);
    EXPECT_EQ(loader_.Load(id)->epoch, 3);
    EXPECT_EQ(other.Load(id)->epoch, 4);
}

TEST_F(RedisLoaderTest, LoadsIntoARedisThatIsOutOfMemorySoThatItCanBeDrained) {
    const CouponId id = NewCoupon(10);
    ASSERT_TRUE(loader_.Load(id));
    ASSERT_EQ(Claim(id, {"11"}), "1 ");
    LoseState(id);
    Do({"CONFIG", "SET", "maxmemory", "1"});
    const auto loaded = loader_.Load(id);
    ASSERT_TRUE(loaded) << Describe(loaded.error());
    EXPECT_EQ(loaded->queued, 1);
    EXPECT_EQ(Policy(id, "admitted"), "1");
}

TEST_F(RedisLoaderTest, KnowsNoCouponThatTheLedgerDoesNotKnow) {
    const auto loaded = loader_.Load(CouponId{77});
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(Do({"DBSIZE"}), "0");
}

TEST_F(RedisLoaderTest, LeavesACouponClosedOfWhichItCannotReadAnEntry) {
    const CouponId id = NewCoupon(10);
    const std::string entry =
        Do({"XADD", RedisKeys(id).accepted, "*", "v", "9", "e", "1", "t", "1", "s", "1", "u", "5"});
    const auto loaded = loader_.Load(id);
    ASSERT_FALSE(loaded);
    EXPECT_EQ(loaded.error().code, ErrorCode::kDamaged);
    EXPECT_THAT(loaded.error().detail, HasSubstr(entry));
    EXPECT_EQ(Claim(id, {"5"}), "(not_loaded )");
    EXPECT_EQ(Do({"EXISTS", RedisKeys(id).loader}), "0") << "the lock is given back";
    EXPECT_EQ(Do({"XLEN", RedisKeys(id).accepted}), "1");
}

TEST_F(RedisLoaderTest, ForgetsACouponOnlyWhenNothingWaits) {
    const CouponId id = NewCoupon(10);
    ASSERT_TRUE(loader_.Load(id));
    ASSERT_EQ(Claim(id, {"11"}), "1 ");
    EXPECT_EQ(loader_.Unload(id).error().code, ErrorCode::kConflict);
    WriteFirstEntry(id);
    Do({"XTRIM", RedisKeys(id).accepted, "MAXLEN", "0"});
    EXPECT_TRUE(loader_.Unload(id));
    EXPECT_EQ(Do({"DBSIZE"}), "0");
    EXPECT_EQ(loader_.Load(id)->admitted, 1);
}

}  // namespace
}  // namespace coupon::admission
