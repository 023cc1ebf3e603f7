// A claim's body: taken if and only if Boost.JSON's DOM finds an object in which userId (and
// couponId, where asked for) stands once, as plain digits from 1 to 2^63-1; and then the ids are
// those digits.

#include "common/check.h"
#include "common/utf8.h"
#include "http/api/claim_body.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/naive_json.h"

namespace coupon::fuzz {
namespace {

using http::api::ClaimBodyParser;
using Shape = ClaimBodyParser::Shape;

std::optional<std::int64_t> IdOf(const std::vector<NaiveMember>& members, std::string_view name) {
    const NaiveMember* member = FindOnce(members, name);
    const auto number = member != nullptr ? PlainInteger(member->text) : std::nullopt;
    return number && *number >= 1 ? number : std::nullopt;
}

void Check(ClaimBodyParser& parser, std::string_view body, Shape shape) {
    const auto read = parser.Parse(body, shape);
    const auto members = ReadMembers(body);
    const auto user = members ? IdOf(*members, "userId") : std::nullopt;
    const bool asks_coupon = shape == Shape::kUserAndCoupon;
    const auto coupon = members && asks_coupon ? IdOf(*members, "couponId") : std::nullopt;
    const bool good = user && (coupon || !asks_coupon);
    CHECK(read.has_value() == good);
    if (read) {
        CHECK(read->user_id.value == *user);
        CHECK(read->coupon_id.value == coupon.value_or(0));
        CHECK(CountCodePoints(body));
        return;
    }
    const Error& error = read.error();
    CHECK(error.code == ErrorCode::kInvalidArgument && error.applied == Applied::kNo);
    CHECK(!error.detail.empty());
    // Whether the whole is at fault or a member is told apart by the DOM as well.
    CHECK((error.field == "body") == !members);
    CHECK(members == std::nullopt || error.field == "userId" || error.field == "couponId");
}

}  // namespace
}  // namespace coupon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace coupon::fuzz;
    static ClaimBodyParser
        parser;  // reused, as on an event loop: nothing may be left of the body before
    const std::string_view body = TextOf(data, size);
    Check(parser, body, Shape::kUser);
    Check(parser, body, Shape::kUserAndCoupon);
    return 0;
}
