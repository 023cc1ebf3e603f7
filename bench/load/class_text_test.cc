#include "load/class_text.h"

#include <gtest/gtest.h>

#include <map>

namespace coupon::load {
namespace {

constexpr auto kTwoSeconds = std::chrono::seconds(2);

Result<ClassOptions> Parse(std::string_view text) { return ParseClass(text, kTwoSeconds, "h"); }

TEST(ClassText, ReadsAnOpenLoopOfAConstantRate) {
    const auto one = Parse("hot:coupon=7,rate=100,connections=256,users=5..");
    ASSERT_TRUE(one);
    EXPECT_EQ(one->name, "hot");
    EXPECT_EQ(one->connections, 256U);
    ASSERT_TRUE(one->schedule);
    EXPECT_EQ(one->schedule->Count(), 200U);
    Request request;
    ASSERT_TRUE(one->source->Make(95, request));
    EXPECT_EQ(request.bytes,
              "POST /v1/coupons/7/claims HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
              "Content-Length: 14\r\n\r\n{\"userId\":100}");
    EXPECT_EQ(request.user, UserId(100));
    EXPECT_EQ(request.coupon, CouponId(7));
}

TEST(ClassText, MeansAClosedLoopWithoutARate) {
    const auto one = Parse("all");
    ASSERT_TRUE(one);
    EXPECT_FALSE(one->schedule);
    EXPECT_EQ(one->closed_duration, kTwoSeconds);
}

TEST(ClassText, EndsARangeOfUsersAndRepeatsOneThatShall) {
    Request request;
    const auto range = Parse("a:users=10..12");
    ASSERT_TRUE(range);
    EXPECT_TRUE(range->source->Make(2, request));
    EXPECT_EQ(request.user, UserId(12));
    EXPECT_FALSE(range->source->Make(3, request));
    const auto repeat = Parse("a:users=repeat:10..12");
    ASSERT_TRUE(repeat);
    EXPECT_TRUE(repeat->source->Make(3, request));
    EXPECT_EQ(request.user, UserId(10));
}

TEST(ClassText, DrawsCouponsByWeight) {
    const auto one = Parse("a:coupon=1*3,coupon=2");
    ASSERT_TRUE(one);
    std::map<std::int64_t, int> drawn;
    Request request;
    for (std::uint64_t number = 0; number < 10'000; ++number) {
        ASSERT_TRUE(one->source->Make(number, request));
        ++drawn[request.coupon.value];
    }
    EXPECT_NEAR(drawn[1], 7'500, 200);
    EXPECT_EQ(drawn[1] + drawn[2], 10'000);
}

TEST(ClassText, SpreadsClaimsOverARangeOfCoupons) {
    const auto one = Parse("a:coupon=11..20*2,coupon=30");
    ASSERT_TRUE(one);
    std::map<std::int64_t, int> drawn;
    Request request;
    for (std::uint64_t number = 0; number < 21'000; ++number) {
        ASSERT_TRUE(one->source->Make(number, request));
        ++drawn[request.coupon.value];
    }
    EXPECT_EQ(drawn.size(), 11U);
    for (std::int64_t coupon = 11; coupon <= 20; ++coupon) EXPECT_NEAR(drawn[coupon], 2'000, 200);
    EXPECT_NEAR(drawn[30], 1'000, 150);
}

TEST(ClassText, RefusesWhatItDoesNotKnow) {
    for (const char* text :
         {"", ":rate=1", "rate=5", "a:speed=1", "a:rate=x", "a:coupon=0", "a:coupon=1*0",
          "a:coupon=5..4", "a:coupon=0..4", "a:coupon=5..", "a:coupon=1..2*x",
          "a:coupon=1..9999999", "a:users=5", "a:users=0..", "a:users=5..4", "a:users=repeat:1..",
          "a:connections=0", "a:rate=1,phases=1:1s", "a:phases=1"}) {
        EXPECT_FALSE(Parse(text)) << text;
    }
}

}  // namespace
}  // namespace coupon::load
