#include "common/coupon_rules.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "common/limits.h"
#include "common/time_format.h"

namespace coupon {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

Coupon ValidCoupon() {
    Coupon coupon;
    coupon.name = "Black Friday";
    coupon.total_quantity = 100;
    coupon.discount_price = Money{1000};
    coupon.minimum_price = Money{5000};
    coupon.issue_start = *ParseRfc3339("2026-11-23T10:00:00Z");
    coupon.issue_end = coupon.issue_start + hours(1);
    return coupon;
}

/// The field that is refused, empty when nothing is.
std::string RefusedField(const Coupon& coupon) {
    const Result<void> result = ValidateCoupon(coupon);
    if (result) return "";
    EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(result.error().applied, Applied::kNo);
    EXPECT_FALSE(result.error().detail.empty());
    return result.error().field;
}

std::string RefusedName(std::string name) {
    Coupon coupon = ValidCoupon();
    coupon.name = std::move(name);
    return RefusedField(coupon);
}

TEST(CouponRules, AcceptAnOrdinaryCoupon) { EXPECT_EQ(RefusedField(ValidCoupon()), ""); }

TEST(CouponRules, CountTheNameInCharacters) {
    std::string fifty;
    for (std::size_t i = 0; i < limits::kNameCharactersMax; ++i) fifty += "폰";
    EXPECT_EQ(RefusedName(fifty), "");
    EXPECT_EQ(RefusedName(fifty + "x"), "name");
    EXPECT_EQ(RefusedName(""), "name");
    EXPECT_EQ(RefusedName("x"), "");
}

TEST(CouponRules, RefuseControlCharactersAndBrokenUtf8InTheName) {
    EXPECT_EQ(RefusedName("a\nb"), "name");
    EXPECT_EQ(RefusedName(std::string("a\0b", 3)), "name");
    EXPECT_EQ(RefusedName("a\x7F"), "name");
    EXPECT_EQ(RefusedName("a\xC2\x85"), "name");      // U+0085, C1
    EXPECT_EQ(RefusedName("a\xC2\xA0"), "");          // U+00A0 is none
    EXPECT_EQ(RefusedName("a\xED\xA0\x80"), "name");  // a surrogate
}

TEST(CouponRules, BoundTheStock) {
    Coupon coupon = ValidCoupon();
    coupon.total_quantity = std::nullopt;
    EXPECT_EQ(RefusedField(coupon), "");
    coupon.total_quantity = 0;
    EXPECT_EQ(RefusedField(coupon), "");
    coupon.total_quantity = limits::kSequenceMax;
    EXPECT_EQ(RefusedField(coupon), "");
    coupon.total_quantity = limits::kSequenceMax + 1;
    EXPECT_EQ(RefusedField(coupon), "totalQuantity");
    coupon.total_quantity = -1;
    EXPECT_EQ(RefusedField(coupon), "totalQuantity");
}

TEST(CouponRules, RefuseNegativeMoney) {
    Coupon coupon = ValidCoupon();
    coupon.discount_price = Money{-1};
    EXPECT_EQ(RefusedField(coupon), "discountPrice");
    coupon.discount_price = Money{limits::kMoneyMax};
    coupon.minimum_price = Money{-1};
    EXPECT_EQ(RefusedField(coupon), "minimumPrice");
}

TEST(CouponRules, WantAWindowOfAtLeastAMillisecond) {
    Coupon coupon = ValidCoupon();
    coupon.issue_end = coupon.issue_start;
    EXPECT_EQ(RefusedField(coupon), "issueEndDate");
    coupon.issue_end = coupon.issue_start + milliseconds(1);
    EXPECT_EQ(RefusedField(coupon), "");
}

TEST(CouponRules, RefuseAnExpiryBeforeTheWindow) {
    Coupon coupon = ValidCoupon();
    coupon.expires_at = coupon.issue_start - milliseconds(1);
    EXPECT_EQ(RefusedField(coupon), "expiresAt");
    coupon.expires_at = coupon.issue_start;
    EXPECT_EQ(RefusedField(coupon), "");
}

TEST(CouponRules, RefuseTimesThatHaveNoText) {
    Coupon coupon = ValidCoupon();
    coupon.issue_start = kWallTimeMin - milliseconds(1);
    EXPECT_EQ(RefusedField(coupon), "issueStartDate");
    coupon = ValidCoupon();
    coupon.issue_end = kWallTimeMax + milliseconds(1);
    EXPECT_EQ(RefusedField(coupon), "issueEndDate");
    coupon = ValidCoupon();
    coupon.expires_at = kWallTimeMax + milliseconds(1);
    EXPECT_EQ(RefusedField(coupon), "expiresAt");
}

}  // namespace
}  // namespace coupon
