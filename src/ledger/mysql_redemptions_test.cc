#include "ledger/mysql_redemptions.h"
#include "common/limits_distributed.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "ledger/mysql_reader.h"
#include "ledger/mysql_rows_fixture.h"
#include "tests/support/cutting_proxy.h"

namespace coupon::ledger {
namespace {

using enum RedemptionVerdict;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class MysqlRedemptionsTest : public MysqlRowsTest {
protected:
    static constexpr WallTime kExpiry = kNoon + std::chrono::days(1);

    void SetUp() override {
        MysqlRowsTest::SetUp();
        Coupon coupon = SomeCoupon();
        coupon.minimum_price = Money(100);
        coupon.expires_at = kExpiry;
        coupon_ = NewCoupon(coupon);
        ASSERT_TRUE(Write(coupon_, Rows(coupon_, 1, 2)));
    }
    MysqlRedemptions Redemptions() { return MysqlRedemptions(*pool_); }
    RedemptionVerdict Redeem(std::int64_t user, std::int64_t amount = 100,
                             WallTime now = kNoon + 1s) {
        return Must(Redemptions().Redeem(coupon_, UserId(user), Money(amount), now)).verdict;
    }
    RedemptionVerdict Undo(std::int64_t user) {
        return Must(Redemptions().Undo(coupon_, UserId(user))).verdict;
    }
    /// What is stored of the user's redemption, "date_used|order_amount".
    std::string Used(std::int64_t user) const {
        return Sql("SELECT date_used, order_amount FROM coupon_issuance WHERE user_id = " +
                   std::to_string(user));
    }

    CouponId coupon_;
};

TEST_F(MysqlRedemptionsTest, RedeemsOnceFromTheMinimumPriceUntilExpiry) {
    EXPECT_EQ(Redeem(1), kNotHeld);
    EXPECT_EQ(Redeem(1001, 99), kBelowMinimumPrice);
    EXPECT_EQ(Redeem(1001, 100, kExpiry), kExpired);
    EXPECT_EQ(Used(1001), "NULL|NULL\n");
    EXPECT_EQ(Redeem(1001, 100, kExpiry - 1ms), kRedeemed) << "also after the claim window";
    EXPECT_EQ(Used(1001), "2026-11-26 11:59:59.999000|100\n");
    EXPECT_EQ(Redeem(1001, 200), kAlreadyRedeemed);
    EXPECT_EQ(Redeem(1001, 99, kExpiry), kAlreadyRedeemed) << "and that before all other reasons";
    EXPECT_EQ(Used(1001), "2026-11-26 11:59:59.999000|100\n");
    EXPECT_EQ(Used(1002), "NULL|NULL\n");
}

TEST_F(MysqlRedemptionsTest, AnswersWithTheRowAsItIs) {
    const Redemption redemption{coupon_, Sequence(2), Money(300), kNoon + 1s};
    const IssuanceRow used{Row(coupon_, 2), redemption};
    const IssuanceRow unused{Row(coupon_, 2), std::nullopt};
    const auto redeem = [&](Money amount) {
        return Must(Redemptions().Redeem(coupon_, UserId(1002), amount, kNoon + 1s)).row;
    };
    EXPECT_EQ(redeem(Money(1)), unused);
    EXPECT_EQ(redeem(Money(300)), used);
    EXPECT_EQ(Must(MysqlReader(*pool_).FindIssuance(coupon_, UserId(1002))), used);
    EXPECT_EQ(redeem(Money(500)), used);
    EXPECT_EQ(Must(Redemptions().Undo(coupon_, UserId(1002))).row, unused);
    EXPECT_EQ(Must(MysqlReader(*pool_).FindIssuance(coupon_, UserId(1002))), unused);
    EXPECT_EQ(Must(Redemptions().Undo(coupon_, UserId(3))).row, std::nullopt);
}

TEST_F(MysqlRedemptionsTest, GivesBackWhatWasRedeemed) {
    EXPECT_EQ(Undo(1001), kNotRedeemed);
    EXPECT_EQ(Redeem(1001), kRedeemed);
    EXPECT_EQ(Undo(1001), kUndone);
    EXPECT_EQ(Used(1001), "NULL|NULL\n");
    EXPECT_EQ(Undo(1001), kNotRedeemed);
    EXPECT_EQ(Redeem(1001), kRedeemed);
    EXPECT_EQ(Undo(7), kNotHeld);
}

TEST_F(MysqlRedemptionsTest, KnowsNoCouponThatIsNotThere) {
    const auto redeemed = Redemptions().Redeem(CouponId(77), UserId(1001), Money(100), kNoon);
    EXPECT_EQ(redeemed->verdict, kUnknownCoupon);
    EXPECT_EQ(Redemptions().Undo(CouponId(77), UserId(1001))->verdict, kUnknownCoupon);
}

TEST_F(MysqlRedemptionsTest, UsesNothingBeforeItWasIssued) {
    const auto report = Redemptions().Redeem(coupon_, UserId(1002), Money(100), kNoon - 1s);
    EXPECT_EQ(report->row->redemption->redeemed_at, Row(coupon_, 2).issued_at);
    EXPECT_EQ(Used(1002), "2026-11-25 12:00:00.002000|100\n");
}

TEST_F(MysqlRedemptionsTest, GivesOneOfSeveralAtOnceTheRedemption) {
    constexpr int kUsers = 30;
    constexpr int kThreads = 4;
    ASSERT_TRUE(Write(coupon_, Rows(coupon_, 3, kUsers)));
    std::atomic<int> redeemed = 0;
    std::atomic<int> already = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
            for (int user = 1003; user < 1003 + kUsers; ++user) {
                const auto verdict = Redeem(user);
                redeemed += verdict == kRedeemed ? 1 : 0;
                already += verdict == kAlreadyRedeemed ? 1 : 0;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(redeemed, kUsers);
    EXPECT_EQ(already, (kThreads - 1) * kUsers);
}

TEST_F(MysqlRedemptionsTest, ReadsAgainWhenSomebodyElseRedeemedInBetween) {
    pool_ = MakePool([](MysqlOptions& options) { options.lock_wait = 5s; });
    MysqlConnection other = OpenOther();
    Must(other.Begin());
    Must(
        other.Execute("UPDATE coupon_issuance SET date_used = '2026-11-25 13:00:00', "
                      "order_amount = 700 WHERE user_id = 1001"));
    RedemptionReport report;
    std::thread late([&] {  // reads the row as it was, and waits with its UPDATE
        report = Must(Redemptions().Redeem(coupon_, UserId(1001), Money(100), kNoon));
    });
    WaitUntil([this] { return Status("Innodb_row_lock_current_waits") == 1; });
    Must(other.Commit());
    late.join();
    EXPECT_EQ(report.verdict, kAlreadyRedeemed);
    EXPECT_EQ(report.row->redemption->order_amount, Money(700));
}

TEST_F(MysqlRedemptionsTest, GivesUpOnALockThatStays) {
    pool_ = MakePool([](MysqlOptions& options) { options.lock_wait = 1s; });
    MysqlConnection other = OpenOther();
    Must(other.Begin());
    Must(other.Execute("UPDATE coupon_issuance SET created_at = NOW() WHERE user_id = 1001"));
    const std::int64_t waits = Status("Innodb_row_lock_waits");
    const auto refused = Redemptions().Redeem(coupon_, UserId(1001), Money(100), kNoon);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
    EXPECT_TRUE(refused.error().retry_is_safe);
    EXPECT_EQ(Status("Innodb_row_lock_waits") - waits, limits::kMysqlTransactionAttempts);
}

TEST_F(MysqlRedemptionsTest, SaysThatItDoesNotKnowWhenTheAnswerIsLost) {
    const support::CuttingProxy proxy(Server().Port(), "UPDATE coupon_issuance",
                                      support::CuttingProxy::Moment::kAfterTheAnswer);
    pool_ = MakePool([&](MysqlOptions& options) { options.port = proxy.Port(); });
    const auto lost = Redemptions().Redeem(coupon_, UserId(1001), Money(100), kNoon + 1s);
    ASSERT_FALSE(lost);
    EXPECT_EQ(lost.error().applied, Applied::kUnknown);
    EXPECT_EQ(Redeem(1001), kAlreadyRedeemed);
    pool_.reset();
}

}  // namespace
}  // namespace coupon::ledger
