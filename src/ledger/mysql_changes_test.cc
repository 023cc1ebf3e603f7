#include "ledger/mysql_changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/limits_distributed.h"
#include "ledger/mysql_test_changes.h"

namespace coupon::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using MysqlChangesTest = MysqlTestChanges;

// --- Begin

TEST_F(MysqlChangesTest, WritesAChangeDownBeforeItIsAppliedAnywhere) {
    Turn turn = TakeTurn(coupon_);
    const CouponEdit edit{.name = "O'Brien",
                          .issue_end = kNoon + std::chrono::hours(5),
                          .state = CouponState::kPaused,
                          .stock_delta = -3};
    const CouponIntent intent = Begin(turn, edit);
    EXPECT_EQ(intent.id, 2);
    EXPECT_EQ(intent.coupon, coupon_);
    EXPECT_EQ(intent.edit, edit);
    EXPECT_EQ(intent.status, ChangeStatus::kPending);
    EXPECT_EQ(intent.by, "operator");
    EXPECT_GT(intent.at, WallTime{});
    EXPECT_EQ(CouponRow(), "Black Friday|100|open|0\n");
    EXPECT_EQ(Statuses(), "2|pending\n");
}

TEST_F(MysqlChangesTest, GivesTheSameChangeToTheSameRequestWhateverBecameOfIt) {
    Turn turn = TakeTurn(coupon_);
    const CouponEdit edit{.state = CouponState::kClosed, .stock_delta = -100};
    const CouponIntent intent = Begin(turn, edit, "r-1");
    EXPECT_EQ(Begin(turn, edit, "r-1").id, intent.id);
    Must(changes_.ApplyToLedger(turn, intent));
    Must(changes_.Finish(turn, intent, ChangeStatus::kDone, ""));
    // A second cut by 100 would be refused; this is the first one.
    const CouponIntent again = Begin(turn, edit, "r-1");
    EXPECT_EQ(again.id, intent.id);
    EXPECT_EQ(again.status, ChangeStatus::kDone);
    EXPECT_EQ(Statuses(), "2|done\n");
}

TEST_F(MysqlChangesTest, RefusesARequestIdOfAnotherChange) {
    Must(coupons_.Create(SomeCoupon(), "operator"));
    {
        Turn turn = TakeTurn(coupon_);
        Begin(turn, {.stock_delta = 1}, "r-1");
        const auto other = changes_.Begin(turn, {.stock_delta = 2}, "operator", "r-1");
        ASSERT_FALSE(other);
        EXPECT_EQ(other.error().code, ErrorCode::kConflict);
    }
    Turn turn = TakeTurn(CouponId(2));
    const auto elsewhere = changes_.Begin(turn, {.stock_delta = 1}, "operator", "r-1");
    ASSERT_FALSE(elsewhere);
    EXPECT_EQ(elsewhere.error().code, ErrorCode::kConflict);
}

TEST_F(MysqlChangesTest, BoundsRequestIdsAndCutsNamesAndReasons) {
    Turn turn = TakeTurn(coupon_);
    const std::string longest(limits::kRequestIdBytesMax, 'r');
    for (const std::string& id : {longest + "r", std::string("\xFF")}) {
        const auto refused = changes_.Begin(turn, {.stock_delta = 1}, "operator", id);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
        EXPECT_EQ(refused.error().field, "requestId");
    }
    const std::string by(limits::kChangedByCharactersMax, 'o');
    const CouponIntent intent =
        Must(changes_.Begin(turn, {.stock_delta = 1}, by + "\xFF", longest));
    EXPECT_EQ(intent.by, by);
    const std::string reason(limits::kChangeReasonCharactersMax, 'w');
    Must(changes_.Finish(turn, intent, ChangeStatus::kRefused, reason + "w"));
    EXPECT_EQ(Begin(turn, {.stock_delta = 1}, longest).reason, reason);
}

TEST_F(MysqlChangesTest, WritesNothingDownThatTheRulesRefuse) {
    Sql("UPDATE coupon SET issued_quantity = 90");
    Turn turn = TakeTurn(coupon_);
    const auto cut = changes_.Begin(turn, {.stock_delta = -11}, "operator", "r-1");
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, ErrorCode::kConflict);
    EXPECT_EQ(cut.error().detail, "90 of 100 are issued: the stock can be cut by 10 at most");
    const auto nameless = changes_.Begin(turn, {.name = ""}, "operator", "r-2");
    ASSERT_FALSE(nameless);
    EXPECT_EQ(nameless.error().field, "name");
    EXPECT_EQ(Statuses(), "");
    Turn nowhere = TakeTurn(CouponId(9));
    const auto unknown = changes_.Begin(nowhere, {.stock_delta = 1}, "operator", "");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
}

// --- ApplyToLedger and Finish

TEST_F(MysqlChangesTest, AppliesAChangeOnceHoweverOften) {
    Turn turn = TakeTurn(coupon_);
    const CouponIntent intent = Begin(turn, {.name = "O'Brien", .stock_delta = 5});
    const LedgerCoupon applied = Must(changes_.ApplyToLedger(turn, intent));
    EXPECT_EQ(applied.coupon.name, "O'Brien");
    EXPECT_EQ(applied.coupon.total_quantity, 105);
    EXPECT_EQ(applied.last_change, intent.id);
    EXPECT_GE(applied.coupon.updated_at, applied.coupon.created_at);
    EXPECT_EQ(Must(changes_.ApplyToLedger(turn, intent)), applied);
    EXPECT_EQ(Statuses(), "2|ledger_done\n");
    Must(changes_.Finish(turn, intent, ChangeStatus::kDone, ""));
    EXPECT_EQ(Must(changes_.ApplyToLedger(turn, intent)), applied);
    EXPECT_EQ(CouponRow(), "O'Brien|105|open|2\n");
}

TEST_F(MysqlChangesTest, AppliesAChangeOnlyInItsEpochUnlessItIsApplied) {
    Turn turn = TakeTurn(coupon_);
    const CouponIntent intent = Begin(turn, {.stock_delta = -5});
    Must(coupons_.BeginEpoch(coupon_));
    EXPECT_FALSE(Must(changes_.ApplyToLedgerInEpoch(turn, intent, 0)));
    EXPECT_EQ(CouponRow(), "Black Friday|100|open|0\n");
    EXPECT_EQ(Statuses(), "2|pending\n");
    EXPECT_EQ(Must(changes_.ApplyToLedgerInEpoch(turn, intent, 1))->coupon.total_quantity, 95);
    EXPECT_EQ(Must(changes_.ApplyToLedgerInEpoch(turn, intent, 0))->coupon.total_quantity, 95);
    EXPECT_EQ(CouponRow(), "Black Friday|95|open|2\n");
}

TEST_F(MysqlChangesTest, AppliesEveryPart) {
    Turn turn = TakeTurn(coupon_);
    const CouponEdit edit{.name = "x",
                          .issue_end = kNoon + std::chrono::hours(5),
                          .state = CouponState::kClosed,
                          .stock_delta = -3};
    const LedgerCoupon applied = Must(changes_.ApplyToLedger(turn, Begin(turn, edit)));
    EXPECT_EQ(applied.coupon.name, "x");
    EXPECT_EQ(applied.coupon.issue_end, kNoon + std::chrono::hours(5));
    EXPECT_EQ(applied.coupon.state, CouponState::kClosed);
    EXPECT_EQ(applied.coupon.total_quantity, 97);
}

TEST_F(MysqlChangesTest, RefusesACutBelowWhatWasIssuedMeanwhile) {
    Turn turn = TakeTurn(coupon_);
    const CouponIntent intent = Begin(turn, {.stock_delta = -11});
    Sql("UPDATE coupon SET issued_quantity = 90");
    const auto refused = changes_.ApplyToLedger(turn, intent);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
    EXPECT_EQ(refused.error().applied, Applied::kNo);
    EXPECT_EQ(Statuses(), "2|pending\n");
    Must(changes_.Finish(turn, intent, ChangeStatus::kRefused, refused.error().detail));
    EXPECT_EQ(Sql("SELECT reason FROM coupon_change WHERE id = 2"),
              "90 of 100 are issued: the stock can be cut by 10 at most\n");
    Sql("UPDATE coupon SET issued_quantity = 0");
    const auto again = changes_.ApplyToLedger(turn, intent);
    ASSERT_FALSE(again) << "refused stays refused";
    EXPECT_EQ(again.error().code, ErrorCode::kConflict);
    EXPECT_EQ(CouponRow(), "Black Friday|100|open|0\n");
}

TEST_F(MysqlChangesTest, RefusesAChangeThatComesAfterALaterOne) {
    Turn turn = TakeTurn(coupon_);
    const CouponIntent first = Begin(turn, {.state = CouponState::kPaused});
    const CouponIntent second = Begin(turn, {.state = CouponState::kOpen});
    Must(changes_.ApplyToLedger(turn, second));
    const auto late = changes_.ApplyToLedger(turn, first);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::kConflict);
    EXPECT_EQ(CouponRow(), "Black Friday|100|open|3\n");
}

TEST_F(MysqlChangesTest, AppliesNoChangeOfAnotherCoupon) {
    Must(coupons_.Create(SomeCoupon(), "operator"));
    Turn turn = TakeTurn(coupon_);
    const CouponIntent intent = Begin(turn, {.stock_delta = 5});
    Turn other = TakeTurn(CouponId(2));
    const auto refused = changes_.ApplyToLedger(other, intent);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kNotFound);
    EXPECT_EQ(Sql("SELECT total_quantity FROM coupon"), "100\n100\n");
}

TEST_F(MysqlChangesTest, FinishesOnlyWhatHasComeThatFar) {
    Turn turn = TakeTurn(coupon_);
    const CouponIntent intent = Begin(turn, {.stock_delta = 5});
    const auto early = changes_.Finish(turn, intent, ChangeStatus::kDone, "");
    ASSERT_FALSE(early) << "the ledger does not have it";
    EXPECT_EQ(early.error().code, ErrorCode::kConflict);
    Must(changes_.ApplyToLedger(turn, intent));
    EXPECT_FALSE(changes_.Finish(turn, intent, ChangeStatus::kRefused, "x"));
    Must(changes_.Finish(turn, intent, ChangeStatus::kDone, ""));
    Must(changes_.Finish(turn, intent, ChangeStatus::kDone, ""));
    EXPECT_FALSE(changes_.Finish(turn, intent, ChangeStatus::kRefused, "x"));
    EXPECT_EQ(Statuses(), "2|done\n");
}

TEST_F(MysqlChangesTest, LeavesWhatACrashLeftHalfDoneToTheNext) {
    CouponIntent pending;
    {
        Turn turn = TakeTurn(coupon_);
        Begin(turn, {.stock_delta = 1});
        const CouponIntent done = Begin(turn, {.stock_delta = 2});
        Must(changes_.ApplyToLedger(turn, done));
        Must(changes_.Finish(turn, done, ChangeStatus::kDone, ""));
        Must(changes_.ApplyToLedger(turn, Begin(turn, {.stock_delta = 3})));
        pending = Begin(turn, {.stock_delta = 4});
    }
    EXPECT_THAT(Must(changes_.WithUnfinished()), ElementsAre(coupon_));
    Turn turn = TakeTurn(coupon_);
    const auto unfinished = Must(changes_.Unfinished(turn));
    ASSERT_THAT(IdsOf(unfinished), ElementsAre(2, 4, 5));
    EXPECT_EQ(unfinished[1].status, ChangeStatus::kLedgerDone);
    EXPECT_EQ(unfinished[2].edit, pending.edit);
    EXPECT_FALSE(changes_.ApplyToLedger(turn, unfinished[0])) << "later ones are applied";
    Must(changes_.Finish(turn, unfinished[0], ChangeStatus::kRefused, "too late"));
    for (const CouponIntent& intent : {unfinished[1], unfinished[2]}) {
        Must(changes_.ApplyToLedger(turn, intent));
        Must(changes_.Finish(turn, intent, ChangeStatus::kDone, ""));
    }
    EXPECT_EQ(CouponRow(), "Black Friday|109|open|5\n");
    EXPECT_THAT(Must(changes_.Unfinished(turn)), IsEmpty());
    EXPECT_THAT(Must(changes_.WithUnfinished()), IsEmpty());
}

TEST_F(MysqlChangesTest, AppliesAllOfAChangeOrNothing) {
    Turn turn = TakeTurn(coupon_);
    const CouponIntent intent = Begin(turn, {.stock_delta = 5});
    // The last statement of the transaction fails: its column is too short.
    Sql("ALTER TABLE coupon_change MODIFY status varchar(7) NOT NULL");
    const auto failed = changes_.ApplyToLedger(turn, intent);
    ASSERT_FALSE(failed);
    EXPECT_EQ(CouponRow(), "Black Friday|100|open|0\n");
    Sql("ALTER TABLE coupon_change MODIFY status varchar(16) NOT NULL");
    EXPECT_EQ(Must(changes_.ApplyToLedger(turn, intent)).coupon.total_quantity, 105);
}

}  // namespace
}  // namespace coupon::ledger
