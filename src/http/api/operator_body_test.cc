#include "http/api/operator_body.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/limits.h"
#include "common/time_format.h"
#include "tests/support/quoted.h"

namespace coupon::http::api {
namespace {

using support::Quoted;

/// A good body in which `member` is replaced (or added); an empty value leaves it out.
std::string CreateBody(const std::string& member = "", const std::string& value = "") {
    const std::vector<std::pair<std::string, std::string>> good = {
        {"name", "'Opening day'"},
        {"totalQuantity", "100"},
        {"discountPrice", "1000"},
        {"minimumPrice", "5000"},
        {"issueStartDate", "'2026-11-23T10:00:00Z'"},
        {"issueEndDate", "'2026-11-24T10:00:00+09:00'"}};
    std::string body = "{";
    bool found = false;
    const auto add = [&](const std::string& name, const std::string& text) {
        if (!text.empty()) body += (body.size() > 1 ? "," : "") + ("'" + name + "':") + text;
    };
    for (const auto& [name, text] : good) {
        found = found || name == member;
        add(name, name == member ? value : text);
    }
    if (!found && !member.empty()) add(member, value);
    return Quoted(body + "}");
}

TEST(OperatorBody, ReadsACouponWithItsDefaults) {
    JsonObjectParser parser;
    const auto create = ParseCreateCoupon(parser, CreateBody(), AdmissionPath::kLedger);
    ASSERT_TRUE(create) << create.error().detail;
    const Coupon& coupon = create->coupon;
    EXPECT_EQ(coupon.name, "Opening day");
    EXPECT_EQ(coupon.total_quantity, 100);
    EXPECT_EQ(coupon.discount_price, Money{1000});
    EXPECT_EQ(coupon.minimum_price, Money{5000});
    EXPECT_EQ(FormatRfc3339(coupon.issue_end), "2026-11-24T01:00:00Z");
    EXPECT_EQ(coupon.state, CouponState::kOpen);
    EXPECT_FALSE(coupon.expires_at);
    EXPECT_FALSE(coupon.shadow);
}

TEST(OperatorBody, ReadsEveryOptionalMember) {
    JsonObjectParser parser;
    const auto read = [&](const std::string& member, const std::string& value) {
        auto create = ParseCreateCoupon(parser, CreateBody(member, value), AdmissionPath::kLedger);
        EXPECT_TRUE(create) << member << ": " << create.error().detail;
        return create ? create->coupon : Coupon{};
    };
    EXPECT_EQ(read("totalQuantity", "null").total_quantity, std::nullopt);
    EXPECT_TRUE(read("expiresAt", "'2027-01-01T00:00:00Z'").expires_at.has_value());
    EXPECT_FALSE(read("expiresAt", "null").expires_at.has_value());
    EXPECT_EQ(read("state", "'paused'").state, CouponState::kPaused);
    EXPECT_TRUE(read("shadow", "true").shadow);
    EXPECT_EQ(read("type", "'FIRST_COME_FIRST_SERVED'").name, "Opening day");
    EXPECT_EQ(read("admission", "'ledger'").name, "Opening day");
}

TEST(OperatorBody, TakesTheAdmissionPathOfTheServiceOnly) {
    JsonObjectParser parser;
    const auto accepts = [&](const std::string& word, AdmissionPath path) {
        const auto create = ParseCreateCoupon(parser, CreateBody("admission", word), path);
        EXPECT_EQ(create ? "admission" : create.error().field, "admission");
        return create.has_value();
    };
    EXPECT_TRUE(accepts("'ledger'", AdmissionPath::kLedger));
    EXPECT_FALSE(accepts("'redis'", AdmissionPath::kLedger));
    EXPECT_TRUE(accepts("'redis'", AdmissionPath::kRedis));
    EXPECT_FALSE(accepts("'ledger'", AdmissionPath::kRedis));
}

TEST(OperatorBody, NamesTheMemberThatIsWrong) {
    const std::vector<std::pair<std::string, std::string>> matrix = {
        {"name", ""},
        {"name", "''"},
        {"name", "'" + std::string(51, 'x') + "'"},
        {"name", "1"},
        {"name", "'a\\u0000b'"},
        {"name", "'a\\nb'"},
        {"name", "'a\\u0085b'"},
        {"name", "null"},
        {"totalQuantity", ""},
        {"totalQuantity", "-1"},
        {"totalQuantity", "1.0"},
        {"totalQuantity", "'1'"},
        {"totalQuantity", "2147483648"},
        {"totalQuantity", "-0"},
        {"discountPrice", ""},
        {"discountPrice", "-1"},
        {"discountPrice", "1e3"},
        {"discountPrice", "null"},
        {"minimumPrice", ""},
        {"minimumPrice", "-1"},
        {"minimumPrice", "9223372036854775808"},
        {"issueStartDate", ""},
        {"issueStartDate", "'2026-11-23'"},
        {"issueStartDate", "0"},
        {"issueStartDate", "'2026-02-30T00:00:00Z'"},
        {"issueStartDate", "'2026-11-23T10:00:00'"},
        {"issueEndDate", ""},
        {"issueEndDate", "'2026-11-23T10:00:00Z'"},
        {"issueEndDate", "'2026-11-23T09:59:59Z'"},
        {"issueEndDate", "[]"},
        {"expiresAt", "'tomorrow'"},
        {"expiresAt", "'2026-11-23T09:00:00Z'"},
        {"type", "'LOTTERY'"},
        {"type", "null"},
        {"state", "'OPEN'"},
        {"state", "'unknown'"},
        {"state", "1"},
        {"admission", "'redis'"},
        {"admission", "true"},
        {"shadow", "'true'"},
        {"shadow", "1"},
        {"id", "7"},
        {"issuedQuantity", "0"},
        {"nmae", "'x'"}};
    JsonObjectParser parser;
    for (const auto& [member, value] : matrix) {
        const auto create =
            ParseCreateCoupon(parser, CreateBody(member, value), AdmissionPath::kLedger);
        ASSERT_FALSE(create) << member << " " << value;
        EXPECT_EQ(create.error().code, ErrorCode::kInvalidArgument);
        EXPECT_EQ(create.error().field, member) << value << ": " << create.error().detail;
    }
}

TEST(OperatorBody, RefusesAMemberGivenTwice) {
    JsonObjectParser parser;
    const auto change = ParseChangeStock(parser, R"({"delta":1,"delta":2})", CouponId{1});
    ASSERT_FALSE(change);
    EXPECT_EQ(change.error().field, "delta");
}

TEST(OperatorBody, TakesANameOfFiftyCharactersWhateverTheirBytes) {
    JsonObjectParser parser;
    std::string name;
    for (std::size_t i = 0; i < limits::kNameCharactersMax; ++i) name += "\xEA\xB0\x80";
    EXPECT_TRUE(
        ParseCreateCoupon(parser, CreateBody("name", "'" + name + "'"), AdmissionPath::kLedger));
    EXPECT_FALSE(
        ParseCreateCoupon(parser, CreateBody("name", "'" + name + "x'"), AdmissionPath::kLedger));
}

TEST(OperatorBody, ReadsAnUpdateOfAnyMember) {
    JsonObjectParser parser;
    const auto update = ParseUpdateCoupon(parser, R"({"state":"closed"})", CouponId{7});
    ASSERT_TRUE(update) << update.error().detail;
    EXPECT_EQ(update->id, CouponId{7});
    EXPECT_EQ(update->state, CouponState::kClosed);
    EXPECT_FALSE(update->name);
    EXPECT_FALSE(update->issue_end);
    for (const auto& [body, field] :
         std::vector<std::pair<std::string, std::string>>{{"{}", "body"},
                                                          {"[]", "body"},
                                                          {"{'':1}", "body"},
                                                          {"", "body"},
                                                          {"{'state':null}", "state"},
                                                          {"{'totalQuantity':5}", "totalQuantity"},
                                                          {"{'issueEndDate':'x'}", "issueEndDate"},
                                                          {"{'name':null}", "name"}}) {
        const auto bad = ParseUpdateCoupon(parser, Quoted(body), CouponId{7});
        ASSERT_FALSE(bad) << body;
        EXPECT_EQ(bad.error().field, field) << body;
    }
}

TEST(OperatorBody, ReadsAStockChangeWithinTheSequence) {
    JsonObjectParser parser;
    EXPECT_EQ(ParseChangeStock(parser, R"({"delta":-5})", CouponId{7})->delta, -5);
    for (const std::string value : {"0", "1.5", "'1'", "null", "2147483648", "-2147483648"}) {
        const auto bad = ParseChangeStock(parser, Quoted("{'delta':" + value + "}"), CouponId{7});
        ASSERT_FALSE(bad) << value;
        EXPECT_EQ(bad.error().field, "delta") << value;
    }
    EXPECT_EQ(ParseChangeStock(parser, "{}", CouponId{7}).error().field, "delta");
}

TEST(OperatorBody, ReadsAnOrderAmount) {
    JsonObjectParser parser;
    EXPECT_EQ(ParseRedemption(parser, R"({"orderAmount":0})").value(), Money{0});
    EXPECT_EQ(ParseRedemption(parser, R"({"orderAmount":-1})").error().field, "orderAmount");
    EXPECT_EQ(ParseRedemption(parser, R"({"amount":1})").error().field, "amount");
}

TEST(OperatorBody, TakesNothingOrAnEmptyObjectWhereNothingIsNeeded) {
    JsonObjectParser parser;
    EXPECT_TRUE(ParseNothing(parser, ""));
    EXPECT_TRUE(ParseNothing(parser, "{}"));
    EXPECT_EQ(ParseNothing(parser, R"({"target":"/x"})").error().field, "target");
    EXPECT_FALSE(ParseNothing(parser, "[]"));
}

}  // namespace
}  // namespace coupon::http::api
