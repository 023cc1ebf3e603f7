#include "load/class_text.h"

#include <limits>
#include <string>
#include <utility>

#include "common/limits.h"
#include "load/text.h"

namespace coupon::load {
namespace {

struct ClassWords {
    std::vector<ClaimSource::WeightedCoupon> coupons;
    UserRange users;
    std::optional<double> rate;
    std::optional<Schedule> schedule;
    std::size_t connections = 64;
};

std::unexpected<Error> Bad(std::string_view key, std::string_view value, std::string_view wanted) {
    return InvalidArgument(std::string(key), std::string(key) + ": '" + std::string(value) +
                                                 "' is not " + std::string(wanted));
}

/// Appends what ID, ID*WEIGHT or FIRST..LAST*WEIGHT names; false if it is none of them.
bool AppendCoupons(std::string_view text, std::vector<ClaimSource::WeightedCoupon>& coupons) {
    const auto [ids, weight_text] = SplitAt(text, '*');
    const auto weight = text.contains('*') ? ParseCount(weight_text) : std::optional(1UL);
    const auto dots = ids.find("..");
    const auto first = ParseCount(ids.substr(0, dots));
    const auto last = dots == std::string_view::npos ? first : ParseCount(ids.substr(dots + 2));
    if (!first || !last || *last < *first || *last - *first >= limits::kCouponsMax || !weight ||
        *weight > std::numeric_limits<std::uint32_t>::max()) {
        return false;
    }
    for (auto id = *first; id <= *last; ++id) {
        coupons.push_back({.coupon = CouponId(static_cast<std::int64_t>(id)),
                           .weight = static_cast<std::uint32_t>(*weight)});
    }
    return true;
}

std::optional<UserRange> ParseUsers(std::string_view text) {
    constexpr std::string_view kRepeat = "repeat:";
    UserRange users{.repeat = text.starts_with(kRepeat)};
    text.remove_prefix(users.repeat ? kRepeat.size() : 0);
    const auto dots = text.find("..");
    const auto first = ParseCount(text.substr(0, dots));
    if (dots == std::string_view::npos || !first) return std::nullopt;
    users.first = static_cast<std::int64_t>(*first);
    const std::string_view last_text = text.substr(dots + 2);
    if (last_text.empty()) return users.repeat ? std::nullopt : std::optional(users);
    const auto last = ParseCount(last_text);
    if (!last || *last < *first) return std::nullopt;
    users.count = static_cast<std::int64_t>(*last - *first + 1);
    return users;
}

Result<void> Take(std::string_view key, std::string_view value, ClassWords& words) {
    if (key == "coupon") {
        if (!AppendCoupons(value, words.coupons)) {
            return Bad(key, value, "ID or FIRST..LAST of at most 1048576, with or without *WEIGHT");
        }
    } else if (key == "users") {
        const auto users = ParseUsers(value);
        if (!users) return Bad(key, value, "FIRST.., FIRST..LAST or repeat:FIRST..LAST");
        words.users = *users;
    } else if (key == "connections") {
        const auto connections = ParseCount(value);
        if (!connections || *connections > std::numeric_limits<std::uint32_t>::max()) {
            return Bad(key, value, "a number of connections");
        }
        words.connections = *connections;
    } else if (key == "rate") {
        words.rate = ParseRate(value);
        if (!words.rate) return Bad(key, value, "a number of requests a second");
    } else if (key == "phases") {
        auto schedule = Schedule::Parse(value);
        if (!schedule) return std::unexpected(std::move(schedule.error()));
        words.schedule = std::move(*schedule);
    } else {
        return Bad("class", key, "one of coupon, users, connections, rate, phases");
    }
    return {};
}

}  // namespace

Result<ClassOptions> ParseClass(std::string_view text, std::chrono::nanoseconds duration,
                                std::string_view host) {
    const auto [name, rest] = SplitAt(text, ':');
    if (name.empty() || name.contains('=')) return Bad("class", text, "NAME or NAME:key=value,...");
    ClassWords words;
    if (!rest.empty()) {
        for (const std::string_view pair : SplitAll(rest, ',')) {
            const auto [key, value] = SplitAt(pair, '=');
            if (auto taken = Take(key, value, words); !taken) {
                return std::unexpected(std::move(taken.error()));
            }
        }
    }
    if (words.rate && words.schedule) {
        return InvalidArgument("rate", "rate: there are phases, too; one of them decides");
    }
    if (words.rate) {
        auto constant = Schedule::Constant(*words.rate, duration);
        if (!constant) return std::unexpected(std::move(constant.error()));
        words.schedule = std::move(*constant);
    }
    if (words.coupons.empty()) words.coupons.push_back({.coupon = CouponId(1)});
    return ClassOptions{.name = std::string(name),
                        .connections = words.connections,
                        .schedule = std::move(words.schedule),
                        .closed_duration = duration,
                        .source = std::make_shared<ClaimSource>(words.coupons, words.users, host)};
}

}  // namespace coupon::load
