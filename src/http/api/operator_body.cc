#include "http/api/operator_body.h"

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/coupon_rules.h"
#include "common/limits.h"
#include "common/time_format.h"

namespace coupon::http::api {
namespace {

using Kind = JsonValue::Kind;

/// One member a body may have, and where its value goes.
struct Member {
    std::string_view name;
    bool required;
    std::function<Result<void>(std::string_view name, const JsonValue& value)> take;
};

/// Holds an object against a list of members; keeps the first thing that is wrong.
class MemberReader final : public JsonMembers {
public:
    explicit MemberReader(std::span<const Member> members)
        : members_(members), seen_(members.size(), false) {}

    void OnMember(std::string_view name, const JsonValue& value) override {
        if (!result_) return;
        for (std::size_t i = 0; i < members_.size(); ++i) {
            if (members_[i].name != name) continue;
            result_ = seen_[i] ? Wrong(name, "is given twice") : members_[i].take(name, value);
            seen_[i] = true;
            return;
        }
        // The empty name could not be told from no name at all in an error.
        result_ = name.empty() ? InvalidArgument("body", "a member has an empty name")
                               : Wrong(name, "is not known here");
    }

    Result<void> Finish() {
        for (std::size_t i = 0; i < members_.size() && result_; ++i) {
            if (members_[i].required && !seen_[i]) result_ = Wrong(members_[i].name, "is missing");
        }
        return result_;
    }

private:
    static Result<void> Wrong(std::string_view name, std::string_view what) {
        return InvalidArgument(std::string(name), fmt::format("{} {}", name, what));
    }

    std::span<const Member> members_;
    std::vector<bool> seen_;
    Result<void> result_;
};

Result<void> Read(JsonObjectParser& parser, std::string_view body,
                  std::span<const Member> members) {
    MemberReader reader(members);
    if (auto parsed = parser.Parse(body, reader); !parsed) return parsed;
    return reader.Finish();
}

std::unexpected<Error> MustBe(std::string_view name, std::string_view what) {
    return InvalidArgument(std::string(name), fmt::format("{} must be {}", name, what));
}

// --- What a member's value may be

auto Integer(std::int64_t& target, IntegerRange range) {
    return [&target, range](std::string_view name, const JsonValue& value) -> Result<void> {
        const auto number = ReadInteger(value, name, range);
        if (!number) return std::unexpected(number.error());
        target = *number;
        return {};
    };
}

auto Price(Money& target) { return Integer(target.minor_units, {0, limits::kMoneyMax}); }

auto Quantity(std::optional<std::int64_t>& target) {
    return [&target](std::string_view name, const JsonValue& value) -> Result<void> {
        target.reset();
        if (value.kind == Kind::kNull) return {};
        const auto number = ReadInteger(value, name, {0, limits::kSequenceMax});
        if (!number) {
            return MustBe(name,
                          fmt::format("null or an integer from 0 to {}", limits::kSequenceMax));
        }
        target = *number;
        return {};
    };
}

template <class Text>
auto String(Text& target) {
    return [&target](std::string_view name, const JsonValue& value) -> Result<void> {
        if (value.kind != Kind::kString) return MustBe(name, "a string");
        target = std::string(value.text);
        return {};
    };
}

template <class Time>
auto DateTime(Time& target) {
    return [&target](std::string_view name, const JsonValue& value) -> Result<void> {
        const auto time = value.kind == Kind::kString ? ParseRfc3339(value.text) : std::nullopt;
        if (!time) return MustBe(name, "a date and time as 2026-11-23T10:00:00Z (RFC 3339)");
        target = *time;
        return {};
    };
}

auto DateTimeOrNull(std::optional<WallTime>& target) {
    return [&target](std::string_view name, const JsonValue& value) -> Result<void> {
        if (value.kind != Kind::kNull) return DateTime(target)(name, value);
        target.reset();
        return {};
    };
}

template <class State>
auto OneState(State& target) {
    return [&target](std::string_view name, const JsonValue& value) -> Result<void> {
        const auto state =
            value.kind == Kind::kString ? ParseCouponState(value.text) : std::nullopt;
        if (!state) return MustBe(name, "open, paused or closed");
        target = *state;  // NOLINT(bugprone-optional-value-conversion): State may be no optional
        return {};
    };
}

auto Flag(bool& target) {
    return [&target](std::string_view name, const JsonValue& value) -> Result<void> {
        if (value.kind != Kind::kBool) return MustBe(name, "true or false");
        target = value.truth;
        return {};
    };
}

auto Only(std::string_view word) {
    return [word](std::string_view name, const JsonValue& value) -> Result<void> {
        if (value.kind != Kind::kString || value.text != word) {
            return MustBe(name, fmt::format("\"{}\"", word));
        }
        return {};
    };
}

}  // namespace

Result<admission::CreateCoupon> ParseCreateCoupon(JsonObjectParser& parser, std::string_view body,
                                                  AdmissionPath path) {
    admission::CreateCoupon create;
    Coupon& coupon = create.coupon;
    const Member members[] = {
        {"name", true, String(coupon.name)},
        {"totalQuantity", true, Quantity(coupon.total_quantity)},
        {"discountPrice", true, Price(coupon.discount_price)},
        {"minimumPrice", true, Price(coupon.minimum_price)},
        {"issueStartDate", true, DateTime(coupon.issue_start)},
        {"issueEndDate", true, DateTime(coupon.issue_end)},
        {"expiresAt", false, DateTimeOrNull(coupon.expires_at)},
        {"type", false, Only("FIRST_COME_FIRST_SERVED")},
        {"state", false, OneState(coupon.state)},
        {"admission", false, Only(ToString(path))},
        {"shadow", false, Flag(coupon.shadow)},
    };
    if (auto read = Read(parser, body, members); !read) {
        return std::unexpected(std::move(read).error());
    }
    if (auto valid = ValidateCoupon(coupon); !valid) {
        return std::unexpected(std::move(valid).error());
    }
    return create;
}

Result<admission::UpdateCoupon> ParseUpdateCoupon(JsonObjectParser& parser, std::string_view body,
                                                  CouponId id) {
    admission::UpdateCoupon update{.id = id, .name = {}, .issue_end = {}, .state = {}};
    const Member members[] = {
        {"name", false, String(update.name)},
        {"issueEndDate", false, DateTime(update.issue_end)},
        {"state", false, OneState(update.state)},
    };
    if (auto read = Read(parser, body, members); !read) {
        return std::unexpected(std::move(read).error());
    }
    if (!update.name && !update.issue_end && !update.state) {
        return InvalidArgument("body", "give at least one of name, issueEndDate and state");
    }
    return update;
}

Result<admission::ChangeStock> ParseChangeStock(JsonObjectParser& parser, std::string_view body,
                                                CouponId id) {
    admission::ChangeStock change{.id = id, .delta = 0};
    const Member members[] = {
        {"delta", true, Integer(change.delta, {-limits::kSequenceMax, limits::kSequenceMax})},
    };
    if (auto read = Read(parser, body, members); !read) {
        return std::unexpected(std::move(read).error());
    }
    if (change.delta == 0) return InvalidArgument("delta", "delta must not be 0");
    return change;
}

Result<Money> ParseRedemption(JsonObjectParser& parser, std::string_view body) {
    Money order_amount;
    const Member members[] = {{"orderAmount", true, Price(order_amount)}};
    if (auto read = Read(parser, body, members); !read) {
        return std::unexpected(std::move(read).error());
    }
    return order_amount;
}

Result<void> ParseNothing(JsonObjectParser& parser, std::string_view body) {
    if (body.empty()) return {};
    return Read(parser, body, {});
}

}  // namespace coupon::http::api
