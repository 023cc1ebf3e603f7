#include "http/api/claim_body.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/api/allocation_counter.h"
#include "tests/support/quoted.h"

namespace coupon::http::api {
namespace {

using support::Quoted;

using Shape = ClaimBodyParser::Shape;

struct BadBody {
    std::string body;  ///< ' stands for "
    std::string field;
};

std::string Deep(int levels) {
    return "{'userId':1,'couponId':2,'x':" + std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']') + "}";
}

TEST(ClaimBody, ReadsUserAndCoupon) {
    ClaimBodyParser parser;
    const auto body = parser.Parse(R"({"userId":42,"couponId":7})", Shape::kUserAndCoupon);
    ASSERT_TRUE(body) << body.error().detail;
    EXPECT_EQ(body->user_id, UserId{42});
    EXPECT_EQ(body->coupon_id, CouponId{7});
}

TEST(ClaimBody, ReadsTheLargestIdAndWhitespaceAndEscapedNames) {
    ClaimBodyParser parser;
    const auto body =
        parser.Parse(" {\t\"us\\u0065rId\" : 9223372036854775807 }\r\n", Shape::kUser);
    ASSERT_TRUE(body) << body.error().detail;
    EXPECT_EQ(body->user_id, UserId{9223372036854775807});
}

TEST(ClaimBody, IgnoresMembersItDoesNotKnowAndNeverBindsThem) {
    ClaimBodyParser parser;
    const auto body = parser.Parse(
        Quoted(
            "{'x':{'userId':5,'couponId':6},'couponId':'?','userid':9,'y':['userId',1],'userId':1,"
            "'y':null,'sequence':1e400}"),
        Shape::kUser);
    ASSERT_TRUE(body) << body.error().detail;
    EXPECT_EQ(body->user_id, UserId{1});
    EXPECT_EQ(body->coupon_id, CouponId{});
}

TEST(ClaimBody, AllocatesNothingOnSuccess) {
    ClaimBodyParser parser;
    const std::string plain = R"({"userId":42,"couponId":7})";
    const std::string more =
        R"({"couponId":7,"note":"a longer text than any small buffer holds in place",
                                 "deep":{"a":[1,2,{"b":null}]},"userId":42})";
    (void)parser.Parse(plain, Shape::kUserAndCoupon);
    const std::size_t before = AllocationCount();
    const bool good = parser.Parse(plain, Shape::kUserAndCoupon).has_value() &&
                      parser.Parse(more, Shape::kUserAndCoupon).has_value();
    EXPECT_EQ(AllocationCount(), before);
    EXPECT_TRUE(good);
}

TEST(ClaimBody, NamesTheFieldThatIsWrongInEveryWay) {
    std::vector<BadBody> matrix;
    for (const std::string value : {"null",
                                    "true",
                                    "false",
                                    "'1'",
                                    "''",
                                    "[]",
                                    "[1]",
                                    "{}",
                                    "0",
                                    "-0",
                                    "-1",
                                    "1.0",
                                    "1e3",
                                    "1E0",
                                    "0.5",
                                    "9223372036854775808",
                                    "18446744073709551616",
                                    "-9223372036854775808",
                                    "1e400",
                                    "123456789012345678901234567890"}) {
        matrix.push_back({"{'userId':" + value + ",'couponId':2}", "userId"});
        matrix.push_back({"{'userId':1,'couponId':" + value + "}", "couponId"});
    }
    matrix.push_back({"{}", "userId"});
    matrix.push_back({"{'couponId':2}", "userId"});
    matrix.push_back({"{'userId':1}", "couponId"});
    matrix.push_back({"{'userId':1,'couponId':2,'userId':1}", "userId"});
    matrix.push_back({"{'couponId':2,'userId':1,'couponId':3}", "couponId"});
    matrix.push_back({"{'userId':1,'us\\u0065rId':1,'couponId':2}", "userId"});
    ClaimBodyParser parser;
    for (const BadBody& bad : matrix) {
        const auto body = parser.Parse(Quoted(bad.body), Shape::kUserAndCoupon);
        ASSERT_FALSE(body) << bad.body;
        EXPECT_EQ(body.error().code, ErrorCode::kInvalidArgument);
        EXPECT_EQ(body.error().field, bad.field) << bad.body;
        EXPECT_NE(body.error().detail.find(bad.field), std::string::npos) << body.error().detail;
    }
}

TEST(ClaimBody, NamesTheBodyWhenItIsNoJsonObject) {
    const std::string good = "{'userId':1,'couponId':2}";
    const std::vector<std::string> matrix = {"",
                                             " ",
                                             "null",
                                             "1",
                                             "'x'",
                                             "true",
                                             "[]",
                                             "[" + good + "]",
                                             good + "x",
                                             good + good,
                                             good + ",",
                                             "\xEF\xBB\xBF" + good,
                                             "{'userId':1,'couponId':2",
                                             "{'userId':1 'couponId':2}",
                                             "{'userId':1,'couponId':2,}",
                                             "{userId:1}",
                                             "{'userId':01,'couponId':2}",
                                             "{'userId':+1,'couponId':2}",
                                             "{'userId':0x1,'couponId':2}",
                                             "{'userId':NaN,'couponId':2}",
                                             "{'userId':1,/**/'couponId':2}",
                                             "{'userId':1,'couponId':2,'x':'\xFF'}",
                                             "{'userId':1,'couponId':2,'\xC0\x80':1}",
                                             "{'userId':1,'couponId':2,'x':'\xED\xA0\x80'}",
                                             "{'userId':1,'couponId':2,'x':'\\uD800'}",
                                             "{'userId':1,'couponId':2,'x':'\n'}",
                                             std::string("{'userId':1,'couponId':2}") + '\0',
                                             Deep(8),
                                             "userId=1&couponId=2"};
    ClaimBodyParser parser;
    for (const std::string& bad : matrix) {
        const auto body = parser.Parse(Quoted(bad), Shape::kUserAndCoupon);
        ASSERT_FALSE(body) << bad;
        EXPECT_EQ(body.error().field, "body") << bad << ": " << body.error().detail;
        EXPECT_TRUE(parser.Parse(Quoted(good), Shape::kUserAndCoupon)) << "after " << bad;
    }
    EXPECT_TRUE(parser.Parse(Quoted(Deep(7)), Shape::kUserAndCoupon));
}

}  // namespace
}  // namespace coupon::http::api
