#include "apps/ctl/arguments.h"

#include <fmt/format.h>

#include "common/config_values.h"
#include "common/limits.h"
#include "common/parse_number.h"
#include "common/time_format.h"

namespace coupon::ctl {
namespace {

using std::chrono::milliseconds;

std::optional<milliseconds> ParseDuration(std::string_view text, milliseconds min,
                                          milliseconds max) {
    const ConfigOption option{
        .key = "duration", .type = OptionType::kDuration, .min = min.count(), .max = max.count()};
    const std::optional<std::int64_t> count = ParseConfigValue(option, text);
    return count ? std::optional(milliseconds{*count}) : std::nullopt;
}

std::unexpected<Error> Refuse(std::string_view field, std::string_view text,
                              std::string_view wanted) {
    return InvalidArgument(std::string(field), fmt::format("\"{}\" is not {}", text, wanted));
}

}  // namespace

Result<std::int64_t> ParseId(std::string_view text, std::string_view field) {
    const std::optional<std::int64_t> id = ParseWhole<std::int64_t>(text);
    if (!id || *id < 1) return Refuse(field, text, "an id (a whole number from 1)");
    return *id;
}

Result<std::int64_t> ParseAmount(std::string_view text, std::string_view field) {
    const std::optional<std::int64_t> amount = ParseWhole<std::int64_t>(text);
    if (!amount || text.starts_with('-')) {
        return Refuse(field, text, "an amount (a whole number from 0, money in its smallest unit)");
    }
    return *amount;
}

Result<std::int64_t> ParseDelta(std::string_view text, std::string_view field) {
    const bool plus = text.starts_with('+') && !text.starts_with("+-");
    const std::optional<std::int64_t> delta =
        ParseWhole<std::int64_t>(plus ? text.substr(1) : text);
    if (!delta || *delta == 0) return Refuse(field, text, "a change of stock such as +50 or -20");
    return *delta;
}

Result<std::optional<std::int64_t>> ParseTotal(std::string_view text, std::string_view field) {
    if (text == "unlimited") return std::nullopt;
    const std::optional<std::int64_t> total = ParseWhole<std::int64_t>(text);
    if (!total || text.starts_with('-')) {
        return Refuse(field, text, "a stock (a whole number from 0, or unlimited)");
    }
    return total;
}

Result<milliseconds> ParseTimeout(std::string_view text, std::string_view field) {
    const std::optional<milliseconds> timeout =
        ParseDuration(text, milliseconds{1}, limits::kCallTimeoutMax);
    if (!timeout) {
        return Refuse(field, text, "a duration from 1ms to 1d, such as 500ms, 10s or 5min");
    }
    return *timeout;
}

Result<TimeArgument> ParseTime(std::string_view text, std::string_view field) {
    if (text == "now") return TimeArgument{.relative = true, .at = {}, .offset = {}};
    if (text.starts_with('+')) {
        if (const auto offset =
                ParseDuration(text.substr(1), milliseconds{0}, limits::kTimeOffsetMax)) {
            return TimeArgument{.relative = true, .at = {}, .offset = *offset};
        }
    } else if (const std::optional<WallTime> at = ParseRfc3339(text)) {
        return TimeArgument{.relative = false, .at = *at, .offset = {}};
    }
    return Refuse(field, text, "a time such as 2026-11-23T10:00:00Z, now, +30min or +7d");
}

}  // namespace coupon::ctl
