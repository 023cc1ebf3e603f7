#include "ledger/mysql_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/limits_distributed.h"
#include "ledger/mysql_redemptions.h"
#include "ledger/mysql_rows_fixture.h"

namespace coupon::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class MysqlReaderTest : public MysqlRowsTest {
protected:
    void SetUp() override {
        MysqlRowsTest::SetUp();
        coupon_ = NewCoupon();
        ASSERT_TRUE(Write(coupon_, Rows(coupon_, 1, 9)));
    }
    MysqlReader Reader() { return MysqlReader(*pool_); }
    void Redeem(std::int64_t user) {
        EXPECT_EQ(Must(MysqlRedemptions(*pool_).Redeem(coupon_, UserId(user), Money(25'000),
                                                       kNoon + std::chrono::hours(1)))
                      .verdict,
                  RedemptionVerdict::kRedeemed);
    }
    IssuanceRow Unused(std::int64_t sequence) const { return {Row(coupon_, sequence), {}}; }
    IssuanceRow Used(std::int64_t sequence) const {
        return {Row(coupon_, sequence), Redemption{coupon_, Sequence(sequence), Money(25'000),
                                                   kNoon + std::chrono::hours(1)}};
    }
    std::vector<std::int64_t> Visited(Sequence after) {
        std::vector<std::int64_t> sequences;
        Must(Reader().VisitIssuances(coupon_, after, [&](const Issuance& row) -> Result<void> {
            EXPECT_EQ(row, Row(coupon_, row.sequence.value));
            sequences.push_back(row.sequence.value);
            return {};
        }));
        return sequences;
    }

    CouponId coupon_;
};

TEST_F(MysqlReaderTest, FindsAnIssuanceOfAUserWithItsRedemption) {
    EXPECT_EQ(Must(Reader().FindIssuance(coupon_, UserId(1004))), Unused(4));
    Redeem(1004);
    EXPECT_EQ(Must(Reader().FindIssuance(coupon_, UserId(1004))), Used(4));
    EXPECT_EQ(Must(Reader().FindIssuance(coupon_, UserId(1000))), std::nullopt);
    EXPECT_EQ(Must(Reader().FindIssuance(CouponId(77), UserId(1004))), std::nullopt);
}

TEST_F(MysqlReaderTest, ListsWhatAUserHoldsByCouponWithoutShadows) {
    Coupon shadow = SomeCoupon();
    shadow.shadow = true;
    const CouponId rehearsal = NewCoupon(shadow);
    const CouponId last = NewCoupon();
    for (const CouponId other : {last, rehearsal}) {
        ASSERT_TRUE(Write(other, {Row(other, 5, 1003), Row(other, 6)}));
    }
    Redeem(1003);
    EXPECT_THAT(Must(Reader().HoldingsOf(UserId(1003))),
                ElementsAre(Used(3), IssuanceRow{Row(last, 5, 1003), {}}));
    EXPECT_THAT(Must(Reader().HoldingsOf(UserId(1))), IsEmpty());
}

TEST_F(MysqlReaderTest, ReadsIssuancesInPages) {
    Redeem(1004);
    EXPECT_THAT(Must(Reader().Issuances(coupon_, Sequence(2), Sequence(8), 3)),
                ElementsAre(Unused(3), Used(4), Unused(5)));
    EXPECT_THAT(Must(Reader().Issuances(coupon_, Sequence(7), Sequence(8), 100)),
                ElementsAre(Unused(8)));
    EXPECT_THAT(Must(Reader().Issuances(coupon_, Sequence(9), Sequence(1000), 100)), IsEmpty());
    EXPECT_THAT(Must(Reader().Issuances(CouponId(77), Sequence(0), Sequence(9), 9)), IsEmpty());
}

TEST_F(MysqlReaderTest, VisitsEveryIssuanceInOrderAPieceAtATime) {
    EXPECT_THAT(Visited(Sequence(7)), ElementsAre(8, 9));
    EXPECT_THAT(Visited(Sequence(9)), IsEmpty());
    constexpr auto kPiece = static_cast<std::int64_t>(limits::kLedgerRowsPerPiece);
    for (const auto& [rows, pieces] : {std::pair{kPiece - 1, 1}, {kPiece, 2}, {2 * kPiece, 3}}) {
        const std::int64_t stored = StoredCount(coupon_);
        ASSERT_TRUE(Write(coupon_, Rows(coupon_, stored + 1, rows - stored)));
        const std::int64_t before = Status("Com_select");
        const auto sequences = Visited(Sequence(0));
        EXPECT_EQ(Status("Com_select") - before, pieces) << "the last one is not full";
        ASSERT_EQ(sequences.size(), static_cast<std::size_t>(rows));
        EXPECT_EQ(sequences.back(), rows);
        EXPECT_TRUE(std::ranges::is_sorted(sequences));
    }
}

TEST_F(MysqlReaderTest, LetsAVisitorStopAndUseThePoolMeanwhile) {
    pool_ = MakePool([](MysqlOptions& options) { options.maximum_pool_size = 2; });
    const auto kept = pool_->Take();
    int visits = 0;
    const auto stopped =
        Reader().VisitIssuances(coupon_, Sequence(0), [&](const Issuance& row) -> Result<void> {
            EXPECT_TRUE(Must(Reader().FindIssuance(coupon_, row.user_id)));
            if (++visits == 3) return InvalidArgument("x", "enough");
            return {};
        });
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().detail, "enough");
    EXPECT_EQ(visits, 3);
}

TEST_F(MysqlReaderTest, CountsRowsUsersAndTheLastSequence) {
    EXPECT_EQ(Must(Reader().CountIssuances(coupon_)), (IssuanceCounts{9, 9, Sequence(9)}));
    EXPECT_EQ(Sql("DELETE FROM coupon_issuance WHERE sequence = 4"), "");
    EXPECT_EQ(Sql("UPDATE coupon SET issued_quantity = 8"), "");
    EXPECT_EQ(Must(Reader().CountIssuances(coupon_)), (IssuanceCounts{8, 8, Sequence(9)}));
    EXPECT_EQ(Must(Reader().CountIssuances(CouponId(77))), IssuanceCounts{});
    EXPECT_EQ(Sql("ALTER TABLE coupon_issuance DROP INDEX issuance_of_user"), "");
    EXPECT_EQ(Sql("UPDATE coupon_issuance SET user_id = 1001 WHERE sequence = 2"), "");
    EXPECT_EQ(Must(Reader().CountIssuances(coupon_)), (IssuanceCounts{8, 7, Sequence(9)}));
}

TEST_F(MysqlReaderTest, CallsARowDamagedThatCannotBe) {
    EXPECT_EQ(Sql("UPDATE coupon_issuance SET date_issued = '1950-01-01' WHERE sequence = 4"), "");
    const auto found = Reader().FindIssuance(coupon_, UserId(1004));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::kDamaged);
    EXPECT_THAT(found.error().detail, ::testing::HasSubstr("1004 4 1950-01-01"));
    EXPECT_EQ(Sql("UPDATE coupon_issuance SET date_used = NOW() WHERE sequence = 5"), "");
    EXPECT_EQ(Reader().HoldingsOf(UserId(1005)).error().code, ErrorCode::kDamaged)
        << "used for no amount";
    EXPECT_FALSE(Reader().VisitIssuances(coupon_, Sequence(0),
                                         [](const Issuance&) { return Result<void>(); }));
}

TEST_F(MysqlReaderTest, SaysWhenTheDatabaseCannotBeAsked) {
    Server().Kill();
    const auto found = Reader().FindIssuance(coupon_, UserId(1004));
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::kUnavailable);
    EXPECT_TRUE(found.error().retry_is_safe);
    Server().Start();
    EXPECT_TRUE(Must(Reader().FindIssuance(coupon_, UserId(1004))));
}

}  // namespace
}  // namespace coupon::ledger
