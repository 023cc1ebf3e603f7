#include "apps/ctl/render.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <string>

#include "apps/ctl/offline_audit.h"

namespace coupon::ctl {
namespace {

using boost::json::parse;

constexpr const char* kCoupon =
    R"({"id":7,"name":"Opening","type":"FIRST_COME_FIRST_SERVED","totalQuantity":100,
    "issuedQuantity":3,"remaining":97,"discountPrice":3000,"minimumPrice":0,
    "issueStartDate":"2026-11-23T10:00:00Z",
    "issueEndDate":"2026-11-23T12:00:00Z","expiresAt":null,"state":"open","admission":"ledger",
    "shadow":false,"createdAt":"2026-11-01T00:00:00Z","updatedAt":"2026-11-01T00:00:00Z"})";

TEST(Render, ShowsACouponALineAMember) {
    EXPECT_EQ(RenderCoupon(parse(kCoupon)),
              "id         7\n"
              "name       Opening\n"
              "state      open\n"
              "stock      100\n"
              "issued     3\n"
              "remaining  97\n"
              "discount   3000\n"
              "minimum    0\n"
              "opens      2026-11-23T10:00:00Z\n"
              "ends       2026-11-23T12:00:00Z\n"
              "expires    never\n"
              "type       FIRST_COME_FIRST_SERVED\n"
              "admission  ledger\n"
              "shadow     no\n"
              "created    2026-11-01T00:00:00Z\n"
              "updated    2026-11-01T00:00:00Z\n");
}

TEST(Render, ShowsAnUnlimitedStockAsUnlimitedAndAMissingOneAsMissing) {
    const std::string text = RenderCouponList(parse(
        R"({"coupons":[{"id":1,"totalQuantity":null,"remaining":null,"issuedQuantity":5},
                           {"id":2}]})"));
    EXPECT_EQ(text,
              "ID  NAME  STATE      STOCK  ISSUED  REMAINING  OPENS  ENDS\n"
              " 1  -     -      unlimited       5  unlimited  -      -\n"
              " 2  -     -              -       -          -  -      -\n");
}

TEST(Render, ShowsClaims) {
    EXPECT_EQ(RenderClaim(parse(R"({"couponId":7,"userId":42,"sequence":3,"status":"issued",
                                    "issuedAt":"2026-11-23T10:00:00Z"})")),
              "user 42 holds coupon 7 with sequence 3 (issued), issued at 2026-11-23T10:00:00Z\n");
    EXPECT_EQ(RenderClaim(parse(R"({"couponId":7,"userId":42,"sequence":3,"status":"redeemed",
                                    "issuedAt":"T1","redeemedAt":"T2","orderAmount":12000})")),
              "user 42 holds coupon 7 with sequence 3 (redeemed), issued at T1, used at T2 for an "
              "order of 12000\n");
    EXPECT_EQ(
        RenderHoldings(parse(
            R"({"coupons":[{"couponId":7,"sequence":1234,"status":"issued","issuedAt":"T"}]})")),
        "COUPON  SEQUENCE  STATUS  ISSUED AT\n"
        "     7      1234  issued  T\n");
}

TEST(Render, SurvivesAnythingThatIsJson) {
    for (const char* text : {"null", "[]", "7", "\"x\"", "{}", R"({"coupons":7})",
                             R"({"coupons":[1,null]})", R"({"checks":[{"examples":[1]}]})"}) {
        const boost::json::value value = parse(text);
        for (const auto render : {RenderCoupon, RenderCouponList, RenderClaim, RenderHoldings,
                                  RenderBackup, RenderAudit}) {
            EXPECT_TRUE(render(value).ends_with('\n')) << text;
        }
    }
}

TEST(Render, ShowsABackup) {
    EXPECT_EQ(RenderBackup(
                  parse(R"({"file":"data/backups/a.db","bytes":4096,"coupons":1,"issuances":3})")),
              "data/backups/a.db: 4096 bytes, 1 coupons, 3 issuances\n");
}

TEST(Render, ShowsAnAuditWithItsVerdictLast) {
    ledger::AuditReport report{.coupons = 1, .issuances = 101, .redemptions = 0, .checks = {}};
    report.checks.push_back({.promise = "P2",
                             .what = "issuances <= total quantity",
                             .rows_checked = 1,
                             .violations = 1,
                             .examples = {"coupon 7: 101 of 100"}});
    const boost::json::value broken = AuditJson(report);
    EXPECT_EQ(AuditPassed(broken), false);
    EXPECT_EQ(RenderAudit(broken),
              "PROMISE  CHECK                        ROWS  VIOLATIONS\n"
              "P2       issuances <= total quantity     1           1\n"
              "P2: coupon 7: 101 of 100\n"
              "1 coupons, 101 issuances, 0 redemptions: A PROMISE DOES NOT HOLD\n");
    report.checks[0].violations = 0;
    report.checks[0].examples.clear();
    EXPECT_EQ(AuditPassed(AuditJson(report)), true);
    EXPECT_TRUE(RenderAudit(AuditJson(report)).ends_with(": every promise holds\n"));
}

TEST(Render, TakesNothingButTrueForAPassedAudit) {
    EXPECT_EQ(AuditPassed(parse(R"({"passed":true})")), true);
    EXPECT_EQ(AuditPassed(parse(R"({"passed":1})")), std::nullopt);
    EXPECT_EQ(AuditPassed(parse(R"({})")), std::nullopt);
}

}  // namespace
}  // namespace coupon::ctl
