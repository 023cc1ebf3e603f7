#include "ledger/mysql_coupons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/time_format.h"
#include "ledger/mysql_test_database.h"

namespace coupon::ledger {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class MysqlCouponsTest : public MysqlTestDatabase {
protected:
    CouponId Create(const Coupon& coupon) {
        return Must(coupons_.Create(coupon, "operator")).coupon.id;
    }
    std::vector<CouponId> ListIds(CouponId after, std::size_t limit) {
        std::vector<CouponId> ids;
        for (const LedgerCoupon& row : Must(coupons_.List(after, limit))) {
            ids.push_back(row.coupon.id);
        }
        return ids;
    }

    const std::unique_ptr<MysqlPool> pool_ = MakeMigratedPool();
    MysqlCoupons coupons_{*pool_};
};

TEST_F(MysqlCouponsTest, GiveBackWhatWasCreated) {
    Coupon coupon = SomeCoupon();
    coupon.name = "쿠폰 'O\\Brien' \xF0\x9F\x8E\x81";
    coupon.issue_start += std::chrono::milliseconds(1);
    coupon.expires_at = kWallTimeMax;
    coupon.minimum_price = Money(limits::kMoneyMax);
    const LedgerCoupon created = Must(coupons_.Create(coupon, "operator"));
    EXPECT_EQ(created.coupon.id, CouponId(1));
    EXPECT_GT(created.coupon.created_at, WallTime{});
    EXPECT_EQ(created.coupon.updated_at, created.coupon.created_at);
    EXPECT_EQ(created.issued, 0);
    EXPECT_EQ(created.epoch, 0);
    EXPECT_EQ(created.last_change, 0);
    EXPECT_EQ(Must(coupons_.Find(created.coupon.id)), created);
    coupon.id = created.coupon.id;
    coupon.created_at = created.coupon.created_at;
    coupon.updated_at = created.coupon.updated_at;
    EXPECT_EQ(created.coupon, coupon);
}

TEST_F(MysqlCouponsTest, KeepEveryOptionalValueAndState) {
    Coupon coupon = SomeCoupon();
    coupon.total_quantity = std::nullopt;
    coupon.state = CouponState::kPaused;
    coupon.shadow = true;
    coupon.issue_start = kWallTimeMin;
    const auto found = Must(coupons_.Find(Create(coupon)));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->coupon.total_quantity, std::nullopt);
    EXPECT_EQ(found->coupon.expires_at, std::nullopt);
    EXPECT_EQ(found->coupon.state, CouponState::kPaused);
    EXPECT_EQ(found->coupon.issue_start, kWallTimeMin);
    EXPECT_TRUE(found->coupon.shadow);
}

TEST_F(MysqlCouponsTest, AreNotCreatedAgainstTheRulesAndLeaveNothing) {
    Coupon coupon = SomeCoupon();
    coupon.issue_end = coupon.issue_start;
    const auto refused = coupons_.Create(coupon, "operator");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(refused.error().field, "issueEndDate");
    EXPECT_EQ(Sql("SELECT count(*) FROM coupon"), "0\n");
}

TEST_F(MysqlCouponsTest, AreCreatedTogetherWithTheirTrail) {
    const std::string long_name(limits::kChangedByCharactersMax + 1, 'o');
    Must(coupons_.Create(SomeCoupon(), long_name));
    EXPECT_EQ(Sql("SELECT coupon_id, kind, status, request_id, length(changed_by) FROM "
                  "coupon_change"),
              "1|create|done|NULL|100\n");
    Sql("DROP TABLE coupon_change");
    EXPECT_FALSE(coupons_.Create(SomeCoupon(), "operator"));
    EXPECT_EQ(Sql("SELECT count(*) FROM coupon"), "1\n") << "one transaction";
}

TEST_F(MysqlCouponsTest, AreAbsentWhenThereIsNone) {
    EXPECT_EQ(Must(coupons_.Find(CouponId(1))), std::nullopt);
}

TEST_F(MysqlCouponsTest, AreListedInPagesWithoutShadows) {
    Coupon shadow = SomeCoupon();
    shadow.shadow = true;
    Create(SomeCoupon());
    Create(shadow);
    Create(SomeCoupon());
    Create(SomeCoupon());
    EXPECT_THAT(ListIds(CouponId(0), 2), ElementsAre(CouponId(1), CouponId(3)));
    EXPECT_THAT(ListIds(CouponId(3), 2), ElementsAre(CouponId(4)));
    EXPECT_THAT(ListIds(CouponId(4), 2), IsEmpty());
}

TEST_F(MysqlCouponsTest, AreDrainedUntilTheirWindowEndedShadowsIncluded) {
    Coupon shadow = SomeCoupon();
    shadow.shadow = true;
    shadow.issue_end += std::chrono::milliseconds(1);
    Create(SomeCoupon());
    Create(shadow);
    const WallTime end = SomeCoupon().issue_end;
    EXPECT_THAT(Must(coupons_.Draining(end - std::chrono::milliseconds(1))),
                ElementsAre(CouponId(1), CouponId(2)));
    EXPECT_THAT(Must(coupons_.Draining(end)), ElementsAre(CouponId(2)));
    EXPECT_THAT(Must(coupons_.Draining(end + std::chrono::milliseconds(1))), IsEmpty());
}

TEST_F(MysqlCouponsTest, CountTheirEpochOnForGood) {
    const CouponId id = Create(SomeCoupon());
    Create(SomeCoupon());
    EXPECT_EQ(Must(coupons_.BeginEpoch(id)).epoch, 1);
    EXPECT_EQ(Must(coupons_.BeginEpoch(id)).epoch, 2);
    EXPECT_EQ(Sql("SELECT id, epoch FROM coupon ORDER BY id"), "1|2\n2|0\n");
    const auto unknown = coupons_.BeginEpoch(CouponId(9));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::kNotFound);
}

TEST_F(MysqlCouponsTest, AreDamagedWhereARowCannotBeTrue) {
    const CouponId id = Create(SomeCoupon());
    // What the constraints forbid an outsider must first take away.
    Sql("SET GLOBAL check_constraint_checks = 0");
    for (const std::string_view damage :
         {"state = 'ajar'", "name = ''", "total_quantity = -1", "discount_price = -1",
          "issue_end_date = issue_start_date", "issue_start_date = '0001-01-01'",
          "issued_quantity = 101", "issued_quantity = -1", "epoch = -1"}) {
        Sql("REPLACE INTO coupon (id, name, total_quantity, discount_price, minimum_price, "
            "issue_start_date, issue_end_date, state, created_at, updated_at) VALUES (1, 'x', 100, "
            "0, 0, '2026-01-01', '2026-01-02', 'open', NOW(), NOW())");
        ASSERT_TRUE(coupons_.Find(id));
        EXPECT_EQ(Sql("UPDATE coupon SET " + std::string(damage)), "") << damage;
        const auto found = coupons_.Find(id);
        const auto listed = coupons_.List(CouponId(0), 10);
        ASSERT_FALSE(found || listed) << damage;
        for (const Error& error : {found.error(), listed.error()}) {
            EXPECT_EQ(error.code, ErrorCode::kDamaged) << damage;
            EXPECT_THAT(error.detail, HasSubstr("coupon 1: ")) << damage;
        }
    }
    Sql("SET GLOBAL check_constraint_checks = 1");
}

TEST_F(MysqlCouponsTest, AreHeldToTheirStockByTheDatabaseToo) {
    Create(SomeCoupon());
    EXPECT_EQ(Sql("UPDATE coupon SET issued_quantity = 100"), "");
    EXPECT_THAT(Sql("UPDATE coupon SET issued_quantity = 101"), HasSubstr("-4025 "));
    EXPECT_THAT(Sql("UPDATE coupon SET total_quantity = 99"), HasSubstr("-4025 "));
    EXPECT_THAT(Sql("UPDATE coupon SET issued_quantity = -1"), HasSubstr("-4025 "));
}

}  // namespace
}  // namespace coupon::ledger
