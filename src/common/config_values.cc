#include "common/config_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "common/parse_number.h"

namespace coupon {
namespace {

struct Unit {
    std::string_view name;
    std::int64_t factor;
};
// Ascending, each a multiple of the one before.
constexpr std::array<Unit, 5> kDurationUnits = {
    {{"ms", 1}, {"s", 1'000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}}};
constexpr std::array<Unit, 4> kByteUnits = {
    {{"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

std::optional<std::int64_t> ParseWithUnit(std::string_view text, std::span<const Unit> units) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::optional<std::int64_t> number = ParseWhole<std::int64_t>(text.substr(0, digits));
    const auto unit = std::ranges::find(units, text.substr(digits), &Unit::name);
    if (!number || unit == units.end()) return std::nullopt;
    std::int64_t value = 0;
    if (__builtin_mul_overflow(*number, unit->factor, &value)) return std::nullopt;
    return value;
}

std::string FormatWithUnit(std::int64_t value, std::span<const Unit> units) {
    const Unit* best = &units.front();
    for (const Unit& unit : units) {
        if (value != 0 && value % unit.factor == 0) best = &unit;
    }
    return fmt::format("{}{}", value / best->factor, best->name);
}

std::optional<std::int64_t> ParseNumber(const ConfigOption& option, std::string_view text) {
    if (option.type == OptionType::kInteger) return ParseWhole<std::int64_t>(text);
    if (option.type == OptionType::kDuration && text == "0") return 0;
    return option.type == OptionType::kDuration ? ParseWithUnit(text, kDurationUnits)
                                                : ParseWithUnit(text, kByteUnits);
}

std::string NumberRange(const ConfigOption& option) {
    const bool bounded = option.max != std::numeric_limits<std::int64_t>::max();
    const auto show = [&option](std::int64_t value) {
        if (option.type == OptionType::kDuration) {
            return FormatConfigDuration(std::chrono::milliseconds(value));
        }
        return option.type == OptionType::kBytes ? FormatConfigBytes(value) : fmt::to_string(value);
    };
    return bounded ? fmt::format("from {} to {}", show(option.min), show(option.max))
                   : fmt::format("from {}", show(option.min));
}

std::string BaseAllowed(const ConfigOption& option) {
    switch (option.type) {
        case OptionType::kString: return "text";
        case OptionType::kInteger:
            return fmt::format("integer{}{} {}", option.unit.empty() ? "" : " of ", option.unit,
                               NumberRange(option));
        case OptionType::kDuration:
            return fmt::format("duration {}, with a unit of ms, s, min, h or d",
                               NumberRange(option));
        case OptionType::kBytes:
            return fmt::format("bytes {}, plain or with a unit of KiB, MiB or GiB",
                               NumberRange(option));
        case OptionType::kBool: return "true or false";
        case OptionType::kEnum:
            return option.choices.size() == 1
                       ? std::string(option.choices.front())
                       : fmt::format("one of {}", fmt::join(option.choices, ", "));
        case OptionType::kPath: return "path";
        case OptionType::kSecretFile: return "path of a file with a secret";
    }
    return {};
}

}  // namespace

std::optional<std::int64_t> ParseConfigValue(const ConfigOption& option, std::string_view text) {
    switch (option.type) {
        case OptionType::kString:
        case OptionType::kPath:
        case OptionType::kSecretFile:
            if (text.empty() && !option.default_text.empty()) return std::nullopt;
            if (text.find('\0') != std::string_view::npos) return std::nullopt;
            return 0;
        case OptionType::kEnum:
            if (std::ranges::find(option.choices, text) == option.choices.end()) {
                return std::nullopt;
            }
            return 0;
        case OptionType::kBool:
            if (text == "true") return 1;
            if (text == "false") return 0;
            return std::nullopt;
        case OptionType::kInteger:
        case OptionType::kDuration:
        case OptionType::kBytes: {
            const std::optional<std::int64_t> number = ParseNumber(option, text);
            if (!number || *number < option.min || *number > option.max) return std::nullopt;
            return number;
        }
    }
    return std::nullopt;
}

std::string AllowedValues(const ConfigOption& option) {
    std::string allowed = BaseAllowed(option);
    if (!option.note.empty()) allowed += fmt::format(" ({})", option.note);
    return allowed;
}

std::string FormatConfigDuration(std::chrono::milliseconds duration) {
    if (duration.count() == 0) return "0s";
    return FormatWithUnit(duration.count(), kDurationUnits);
}

std::string FormatConfigBytes(std::int64_t bytes) { return FormatWithUnit(bytes, kByteUnits); }

std::string EnvironmentNameOf(std::string_view key) {
    std::string name = "COUPON_";
    for (const char letter : key) {
        if (letter == '.' || letter == '-') {
            name += '_';
        } else {
            name += letter >= 'a' && letter <= 'z' ? static_cast<char>(letter - 'a' + 'A') : letter;
        }
    }
    return name;
}

std::unexpected<Error> ConfigurationError(std::string key, std::string_view what) {
    std::string detail = key.empty() ? std::string(what) : fmt::format("{}: {}", key, what);
    return std::unexpected(Error{.code = ErrorCode::kConfiguration,
                                 .operation = "configuration",
                                 .applied = Applied::kNo,
                                 .retry_is_safe = false,
                                 .detail = std::move(detail),
                                 .field = std::move(key)});
}

}  // namespace coupon
