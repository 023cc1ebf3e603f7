#include "ledger/mysql_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "common/limits_distributed.h"
#include "ledger/mysql_test_changes.h"

namespace coupon::ledger {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

using MysqlTurn = MysqlTestChanges;

TEST_F(MysqlTurn, LetsOneAtATimeChangeACoupon) {
    std::optional<Turn> first = TakeTurn(coupon_);
    const auto second = changes_.TakeTurn(coupon_, milliseconds(0));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
    EXPECT_TRUE(second.error().retry_is_safe);
    EXPECT_THAT(second.error().detail, HasSubstr("another changes coupon 1"));
    first.reset();
    TakeTurn(coupon_);
}

TEST_F(MysqlTurn, LetsDifferentCouponsAndDatabasesChangeAtOnce) {
    const Turn turn = TakeTurn(coupon_);
    EXPECT_TRUE(changes_.TakeTurn(CouponId(2), milliseconds(0)));
    const auto other = MysqlPool::Create(Server().NewDatabase());
    ASSERT_TRUE(other);
    EXPECT_TRUE(MysqlChanges(**other).TakeTurn(coupon_, milliseconds(0)));
}

TEST_F(MysqlTurn, WaitsForTheTurn) {
    std::optional<Turn> first = TakeTurn(coupon_);
    std::atomic<bool> waiting{false};
    std::thread other([&] {
        waiting.store(true);
        TakeTurn(coupon_);
    });
    EXPECT_TRUE(Eventually([&] {
        return Sql("SELECT count(*) FROM information_schema.processlist WHERE state = 'User lock' "
                   "AND db = DATABASE()") == "1\n";
    }));
    first.reset();
    other.join();
    EXPECT_TRUE(waiting.load());
}

TEST_F(MysqlTurn, EndsATurnWithItsConnectionAndLetsItWriteNoMore) {
    Turn first = TakeTurn(coupon_);
    const CouponIntent intent = Begin(first, {.stock_delta = 5});
    Sql("KILL " + std::to_string(first.Connection().SessionId()));
    Turn second = TakeTurn(coupon_);
    const auto late = changes_.ApplyToLedger(first, intent);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(late.error().applied, Applied::kNo);
    EXPECT_FALSE(changes_.Begin(first, {.stock_delta = 1}, "operator", ""));
    EXPECT_FALSE(changes_.Finish(first, intent, ChangeStatus::kRefused, "x"));
    EXPECT_EQ(Statuses(), "2|pending\n");
    EXPECT_EQ(Must(changes_.ApplyToLedger(second, intent)).coupon.total_quantity, 105);
}

TEST_F(MysqlTurn, EndsATurnThatSaysNothingForLong) {
    Turn turn = TakeTurn(coupon_);
    const auto row = Must(turn.Connection().QueryRow("SELECT @@SESSION.wait_timeout"));
    EXPECT_EQ(row->front(), std::to_string(limits::kMysqlTurnIdle.count()));
    Must(turn.Connection().Execute("SET SESSION wait_timeout = 1"));
    EXPECT_TRUE(changes_.TakeTurn(coupon_, seconds(5))) << "the server ends the idle one";
}

TEST_F(MysqlTurn, MovesATurn) {
    Turn first = TakeTurn(coupon_);
    Turn second = std::move(first);
    EXPECT_FALSE(changes_.TakeTurn(coupon_, milliseconds(0)));
    second = TakeTurn(CouponId(2));
    EXPECT_EQ(second.Coupon(), CouponId(2));
    EXPECT_TRUE(changes_.TakeTurn(coupon_, seconds(5)))
        << "the turn that was assigned to has ended";
}

}  // namespace
}  // namespace coupon::ledger
