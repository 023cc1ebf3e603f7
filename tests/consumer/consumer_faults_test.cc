#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/limits_consumer.h"
#include "ledger/mysql_issuance_writer.h"
#include "tests/consumer/consumer_fixture.h"

namespace coupon::queue {
namespace {

using ConsumerFaultsTest = ConsumerTest;

std::vector<Issuance> ClaimsOf(const Work& work) {
    std::vector<Issuance> claims;
    for (const QueuedEntry& entry : work.entries) {
        claims.insert(claims.end(), entry.claims.begin(), entry.claims.end());
    }
    return claims;
}

TEST_F(ConsumerFaultsTest, WritesWhatACrashedConsumerHadReadOnly) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 50);
    EXPECT_EQ(ClaimsOf(TakeAll(coupon, "crashed")).size(), 50u);
    ExpireLease(coupon);
    const auto consumer = Start();
    ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
    EXPECT_EQ(Rows(coupon), 50);
}

TEST_F(ConsumerFaultsTest, WritesWhatACrashRolledBack) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 50);
    TakeAll(coupon, "crashed");
    ExpireLease(coupon);
    {
        auto crashed = Foreign();
        ledger::Must(crashed.Begin());
        ledger::Must(crashed.Execute(fmt::format(
            "INSERT INTO coupon_issuance (coupon_id, user_id, sequence, date_issued, created_at, "
            "updated_at) VALUES ({}, 1, 1, NOW(6), NOW(6), NOW(6))",
            coupon.value)));
    }  // the connection ends within its transaction
    const auto consumer = Start();
    ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
    EXPECT_EQ(Rows(coupon), 50);
    EXPECT_EQ(consumer->Numbers().repeats, 0u);
}

TEST_F(ConsumerFaultsTest, AcknowledgesWhatACrashedConsumerHadCommitted) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 50);
    const Work work = TakeAll(coupon, "crashed");
    const auto report =
        ledger::MysqlIssuanceWriter(*pool_).Write(coupon, work.epoch, ClaimsOf(work));
    ASSERT_TRUE(report && report->new_rows == 50);
    ExpireLease(coupon);
    Claim(coupon, 100);  // the claim behind the head that once blocked for ever
    const auto consumer = Start();
    ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
    EXPECT_EQ(Rows(coupon), 51);
    EXPECT_EQ(consumer->Numbers().repeats, 50u);
    EXPECT_EQ(Letters(), "") << "a repeat is no conflict";
    EXPECT_EQ(Policy(coupon, "queued"), "0");
}

TEST_F(ConsumerFaultsTest, TakesOverWhenALeaseExpires) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1);
    TakeAll(coupon, "paused");
    redis_.Command({"PEXPIRE", admission::RedisKeys(coupon).lease, "300"});
    const auto consumer = Start();
    EXPECT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
    EXPECT_EQ(Rows(coupon), 1);
}

TEST_F(ConsumerFaultsTest, LetsACouponFlowBesideOneWhoseRowIsLocked) {
    const CouponId locked = NewCoupon();
    const CouponId free = NewCoupon();
    auto foreign = Foreign();
    ledger::Must(foreign.Begin());
    ledger::Must(foreign.QueryRow(
        fmt::format("SELECT id FROM coupon WHERE id = {} FOR UPDATE", locked.value)));
    Claim(locked, 1, 10);
    const auto consumer = Start();
    for (int i = 0; i < 20; ++i) {
        Claim(free, 1 + i);
        ASSERT_TRUE(WaitUntil([&] { return Waiting(free) == 0; }, std::chrono::seconds(2)));
    }
    EXPECT_EQ(Rows(locked), 0);
    EXPECT_EQ(consumer->WhyNotReady(), std::nullopt) << "one coupon's trouble";
    ledger::Must(foreign.Rollback());
    EXPECT_TRUE(WaitUntil([&] { return Waiting(locked) == 0; }));
    EXPECT_EQ(Rows(locked), 10);
}

TEST_F(ConsumerFaultsTest, GetsThroughADeadlock) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1, 10);
    auto foreign = Foreign();
    ledger::Must(foreign.Begin());
    ledger::Must(foreign.Execute(fmt::format(
        "INSERT INTO coupon_issuance (coupon_id, user_id, sequence, date_issued, created_at, "
        "updated_at) VALUES ({}, 5, 500, NOW(6), NOW(6), NOW(6))",
        coupon.value)));
    const auto consumer = Start();
    ASSERT_TRUE(WaitUntil([&] {
        return Sql("SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'").ends_with("|1\n");
    }));
    // Each waits for the other now; the server ends one of the two.
    const auto row = foreign.QueryRow(
        fmt::format("SELECT id FROM coupon WHERE id = {} FOR UPDATE", coupon.value));
    if (row) ledger::Must(foreign.Rollback());
    ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
    EXPECT_EQ(Rows(coupon), 10);
    EXPECT_EQ(Letters(), "");
}

TEST_F(ConsumerFaultsTest, LeavesEntriesOfUnknownVersionsInTheStreamAndWritesTheOthers) {
    const CouponId coupon = NewCoupon();
    const std::string stream = admission::RedisKeys(coupon).accepted;
    for (const std::string_view version : {"0", "2"}) {
        redis_.Command(
            {"XADD", stream, "*", "v", version, "e", "1", "t", "1", "s", "900", "u", "900"});
    }
    Claim(coupon, 1, 5);
    const auto consumer = Start();
    ASSERT_TRUE(WaitUntil([&] { return Rows(coupon) == 5 && Waiting(coupon) == 2; }));
    EXPECT_EQ(consumer->Numbers().unreadable, 2u);
    EXPECT_EQ(consumer->Numbers().dead_letters, (decltype(ConsumerNumbers::dead_letters){}));
}

TEST_F(ConsumerFaultsTest, CountsPendingEntriesThatSomebodyDeleted) {
    const CouponId coupon = NewCoupon();
    Claim(coupon, 1);
    Claim(coupon, 2);
    const Work work = TakeAll(coupon, "crashed");
    redis_.Command({"XDEL", admission::RedisKeys(coupon).accepted, work.entries.at(0).id});
    ExpireLease(coupon);
    const auto consumer = Start();
    ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
    EXPECT_EQ(consumer->Numbers().pending_deleted, 1u);
    EXPECT_EQ(Rows(coupon), 1);
}

TEST_F(ConsumerFaultsTest, GoesOnAfterRedisWasKilledAndStartedFromItsLog) {
    redis_.SetArguments({"--appendonly", "yes", "--appendfsync", "always"});
    redis_.Kill();
    redis_.Start();
    session_ = Connect(redis_);
    const CouponId coupon = NewCoupon();
    const auto consumer = Start();
    Claim(coupon, 1, 20);
    ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
    consumer->Stop();
    Claim(coupon, 100, 20);
    const std::string epoch = Policy(coupon, "epoch");
    redis_.Kill();
    redis_.Start();
    const auto next = Start("b");
    ASSERT_TRUE(WaitUntil([&] { return Waiting(coupon) == 0; }));
    EXPECT_EQ(Rows(coupon), 40);
    EXPECT_NE(Policy(coupon, "epoch"), epoch) << "loaded anew";
    EXPECT_EQ(Letters(), "");
}

TEST_F(ConsumerFaultsTest, LetsTheOthersFlowBesideACouponWhoseKeysAreOfAnotherType) {
    const CouponId damaged = NewCoupon();
    const CouponId other = NewCoupon();
    redis_.Command({"SET", admission::RedisKeys(damaged).accepted, "no stream"});
    const auto consumer = Start();
    ASSERT_TRUE(WaitUntil([&] { return !consumer->WhyNotReady(); }));
    for (int i = 0; i < 20; ++i) {
        Claim(other, 1 + i);
        ASSERT_TRUE(WaitUntil([&] { return Waiting(other) == 0; }));
        EXPECT_EQ(consumer->WhyNotReady(), std::nullopt) << "one coupon's trouble";
    }
    EXPECT_TRUE(WaitUntil([&] {
        const auto queue = consumer->Queue();
        return queue && queue->backlog == 0;
    }));
}

TEST_F(ConsumerFaultsTest, IsNotReadyWhileRedisStandsStill) {
    const CouponId coupon = NewCoupon();
    const auto consumer = Start();
    ASSERT_TRUE(WaitUntil([&] { return !consumer->WhyNotReady(); }));
    const auto stopped = clock_.MonotonicNow();
    redis_.Pause();
    ASSERT_TRUE(WaitUntil([&] { return consumer->WhyNotReady().has_value(); }));
    EXPECT_LT(clock_.MonotonicNow() - stopped, 2 * limits::kQueueReadPatience);
    redis_.Resume();
    EXPECT_TRUE(WaitUntil([&] { return !consumer->WhyNotReady(); }));
    Claim(coupon, 1);
    EXPECT_TRUE(WaitUntil([&] { return Rows(coupon) == 1; }));
}

TEST_F(ConsumerFaultsTest, WaitsForRedisThatIsAway) {
    redis_.Kill();
    const auto consumer = Start();
    EXPECT_TRUE(consumer->WhyNotReady());
    EXPECT_EQ(consumer->Queue(), std::nullopt) << "unknown is not zero";
    redis_.Start();
    EXPECT_TRUE(WaitUntil([&] { return !consumer->WhyNotReady(); }));
}

}  // namespace
}  // namespace coupon::queue
