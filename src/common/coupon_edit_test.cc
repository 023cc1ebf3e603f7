#include "common/coupon_edit.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "common/limits.h"

namespace coupon {
namespace {

Coupon Before() {
    Coupon coupon;
    coupon.id = CouponId(7);
    coupon.name = "Black Friday";
    coupon.total_quantity = 100;
    coupon.issue_start = WallTime(std::chrono::hours(1));
    coupon.issue_end = WallTime(std::chrono::hours(2));
    return coupon;
}

void ExpectRefused(const Coupon& before, std::int64_t issued, const CouponEdit& edit,
                   ErrorCode code, std::string_view field, std::string_view detail) {
    const auto after = EditedCoupon(before, issued, edit);
    ASSERT_FALSE(after) << detail;
    EXPECT_EQ(after.error().code, code) << detail;
    EXPECT_EQ(after.error().field, field);
    EXPECT_EQ(after.error().detail, detail);
    EXPECT_EQ(after.error().applied, Applied::kNo);
}

TEST(CouponEdit, ChangesWhatItNamesAndNothingElse) {
    Coupon expected = Before();
    EXPECT_EQ(EditedCoupon(Before(), 0, {}), expected);
    expected.name = "x";
    expected.issue_end = WallTime(std::chrono::hours(9));
    expected.state = CouponState::kPaused;
    expected.total_quantity = 90;
    EXPECT_EQ(EditedCoupon(Before(), 90,
                           {.name = "x",
                            .issue_end = WallTime(std::chrono::hours(9)),
                            .state = CouponState::kPaused,
                            .stock_delta = -10}),
              expected);
}

TEST(CouponEdit, CutsNoStockBelowWhatIsIssued) {
    ExpectRefused(Before(), 90, {.stock_delta = -11}, ErrorCode::kConflict, "",
                  "90 of 100 are issued: the stock can be cut by 10 at most");
    ExpectRefused(Before(), 0, {.stock_delta = std::numeric_limits<std::int64_t>::min()},
                  ErrorCode::kConflict, "",
                  "0 of 100 are issued: the stock can be cut by 100 at most");
}

TEST(CouponEdit, LiftsNoStockBeyondTheLastSequence) {
    EXPECT_EQ(
        EditedCoupon(Before(), 0, {.stock_delta = limits::kSequenceMax - 100})->total_quantity,
        limits::kSequenceMax);
    ExpectRefused(Before(), 0, {.stock_delta = std::numeric_limits<std::int64_t>::max()},
                  ErrorCode::kInvalidArgument, "delta",
                  "delta would lift the stock above 2147483647");
}

TEST(CouponEdit, HasNoStockToChangeWhereThereIsNone) {
    Coupon unlimited = Before();
    unlimited.total_quantity = std::nullopt;
    ExpectRefused(unlimited, 0, {.stock_delta = 1}, ErrorCode::kConflict, "",
                  "the coupon is unlimited: it has no stock to change");
}

TEST(CouponEdit, ReopensNoClosedCoupon) {
    Coupon closed = Before();
    closed.state = CouponState::kClosed;
    for (const CouponState state : {CouponState::kOpen, CouponState::kPaused}) {
        ExpectRefused(closed, 0, {.state = state}, ErrorCode::kConflict, "",
                      "a closed coupon stays closed");
    }
    EXPECT_EQ(EditedCoupon(closed, 0, {.state = CouponState::kClosed}), closed);
}

TEST(CouponEdit, MakesNoCouponThatMayNotBeStored) {
    const auto nameless = EditedCoupon(Before(), 0, {.name = ""});
    ASSERT_FALSE(nameless);
    EXPECT_EQ(nameless.error().field, "name");
    const auto ended = EditedCoupon(Before(), 0, {.issue_end = Before().issue_start});
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().field, "issueEndDate");
}

}  // namespace
}  // namespace coupon
