// The bodies that change a coupon. Those of one number are taken if and only if Boost.JSON's DOM
// and the digits say so; what is taken of the longer ones holds just the members known there, each
// once, with the values the DOM sees.

#include <algorithm>
#include <array>
#include <initializer_list>

#include "common/check.h"
#include "common/coupon_rules.h"
#include "common/limits.h"
#include "common/time_format.h"
#include "http/api/operator_body.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/naive_json.h"

namespace coupon::fuzz {
namespace {

namespace api = http::api;
using Members = std::optional<std::vector<NaiveMember>>;

/// Every member is known and there once.
bool AreKnown(const std::vector<NaiveMember>& members,
              std::initializer_list<std::string_view> known) {
    return std::ranges::all_of(members, [&](const NaiveMember& member) {
        return std::ranges::find(known, member.name) != known.end() &&
               FindOnce(members, member.name) != nullptr;
    });
}

template <class T>
void CheckError(const Result<T>& read) {
    if (read) return;
    CHECK(read.error().code == ErrorCode::kInvalidArgument);
    CHECK(read.error().applied == Applied::kNo);
    CHECK(!read.error().field.empty() && !read.error().detail.empty());
}

/// The number of a body that holds one member and nothing else.
std::optional<std::int64_t> OnlyNumber(const Members& members, std::string_view name,
                                       std::int64_t min, std::int64_t max) {
    if (!members || members->size() != 1 || members->front().name != name) return std::nullopt;
    const auto number = PlainInteger(members->front().text);
    return number && *number >= min && *number <= max ? number : std::nullopt;
}

void CheckBodiesOfOneNumber(api::JsonObjectParser& parser, std::string_view body,
                            const Members& members) {
    const auto change = api::ParseChangeStock(parser, body, CouponId(7));
    const auto delta = OnlyNumber(members, "delta", -limits::kSequenceMax, limits::kSequenceMax);
    CheckError(change);
    CHECK(change.has_value() == (delta && *delta != 0));
    CHECK(!change || (change->delta == *delta && change->id == CouponId(7)));

    const auto amount = api::ParseRedemption(parser, body);
    const auto number = OnlyNumber(members, "orderAmount", 0, limits::kMoneyMax);
    CheckError(amount);
    CHECK(amount.has_value() == number.has_value());
    CHECK(!amount || amount->minor_units == *number);

    const auto nothing = api::ParseNothing(parser, body);
    CheckError(nothing);
    CHECK(nothing.has_value() == (body.empty() || (members && members->empty())));
}

/// The member's value is `time` as ParseRfc3339 reads it, or null for none.
bool IsTime(const NaiveMember* member, const std::optional<WallTime>& time) {
    if (member == nullptr || member->text == "null") return !time;
    const auto text = PlainString(member->text);
    return text && time && ParseRfc3339(*text) == time;
}

void CheckCreate(api::JsonObjectParser& parser, std::string_view body, const Members& members,
                 api::AdmissionPath path) {
    const auto create = api::ParseCreateCoupon(parser, body, path);
    CheckError(create);
    if (!create) return;
    CHECK(members && AreKnown(*members, {"name", "totalQuantity", "discountPrice", "minimumPrice",
                                         "issueStartDate", "issueEndDate", "expiresAt", "type",
                                         "state", "admission", "shadow"}));
    const auto find = [&](std::string_view name) { return FindOnce(*members, name); };
    const Coupon& coupon = create->coupon;
    for (const auto* required : {"name", "totalQuantity", "discountPrice", "minimumPrice",
                                 "issueStartDate", "issueEndDate"}) {
        CHECK(find(required) != nullptr);
    }
    CHECK(ValidateCoupon(coupon));
    CHECK(PlainString(find("name")->text) == coupon.name);
    CHECK(coupon.total_quantity ? PlainInteger(find("totalQuantity")->text) == coupon.total_quantity
                                : find("totalQuantity")->text == "null");
    CHECK(PlainInteger(find("discountPrice")->text) == coupon.discount_price.minor_units);
    CHECK(PlainInteger(find("minimumPrice")->text) == coupon.minimum_price.minor_units);
    CHECK(IsTime(find("issueStartDate"), coupon.issue_start));
    CHECK(IsTime(find("issueEndDate"), coupon.issue_end));
    CHECK(IsTime(find("expiresAt"), coupon.expires_at));
    const NaiveMember* const state = find("state");
    CHECK(coupon.state ==
          (state ? ParseCouponState(*PlainString(state->text)).value() : CouponState::kOpen));
    const NaiveMember* const shadow = find("shadow");
    const NaiveMember* const admission = find("admission");
    CHECK(admission == nullptr || PlainString(admission->text) == ToString(path));
    CHECK(coupon.shadow == (shadow != nullptr && shadow->text == "true"));
}

void CheckUpdate(api::JsonObjectParser& parser, std::string_view body, const Members& members) {
    const auto update = api::ParseUpdateCoupon(parser, body, CouponId(7));
    CheckError(update);
    if (!update) return;
    CHECK(members && !members->empty() && AreKnown(*members, {"name", "issueEndDate", "state"}));
    const auto find = [&](std::string_view name) { return FindOnce(*members, name); };
    CHECK(update->name.has_value() == (find("name") != nullptr));
    CHECK(!update->name || PlainString(find("name")->text) == *update->name);
    CHECK(update->issue_end.has_value() == (find("issueEndDate") != nullptr));
    CHECK(IsTime(find("issueEndDate"), update->issue_end));
    CHECK(update->state.has_value() == (find("state") != nullptr));
    CHECK(!update->state || PlainString(find("state")->text) == ToString(*update->state));
}

}  // namespace
}  // namespace coupon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace coupon::fuzz;
    static api::JsonObjectParser parser;
    const std::string_view body = TextOf(data, size);
    const Members members = ReadMembers(body);
    CheckBodiesOfOneNumber(parser, body, members);
    for (const auto path : {api::AdmissionPath::kLedger, api::AdmissionPath::kRedis}) {
        CheckCreate(parser, body, members, path);
    }
    CheckUpdate(parser, body, members);
    return 0;
}
