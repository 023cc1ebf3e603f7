#include "load/text.h"

#include <limits>

#include "common/parse_number.h"

namespace coupon::load {

std::pair<std::string_view, std::string_view> SplitAt(std::string_view text, char mark) {
    const auto at = text.find(mark);
    if (at == std::string_view::npos) return {text, {}};
    return {text.substr(0, at), text.substr(at + 1)};
}

std::vector<std::string_view> SplitAll(std::string_view text, char mark) {
    std::vector<std::string_view> parts;
    for (auto at = text.find(mark); at != std::string_view::npos; at = text.find(mark)) {
        parts.push_back(text.substr(0, at));
        text.remove_prefix(at + 1);
    }
    parts.push_back(text);
    return parts;
}

std::optional<std::uint64_t> ParseCount(std::string_view text) {
    const auto count = ParseWhole<std::int64_t>(text);
    return count && *count > 0 ? std::optional(static_cast<std::uint64_t>(*count)) : std::nullopt;
}

std::optional<double> ParseRate(std::string_view text) {
    constexpr double kRateMax = 1e9;
    const auto rate = ParseWhole<double>(text);
    return rate && *rate >= 0 && *rate <= kRateMax ? rate : std::nullopt;
}

std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text) {
    constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {
        {"ms", 1}, {"min", 60'000}, {"s", 1'000}};
    constexpr std::uint64_t kDayMilliseconds = 86'400'000;
    for (const auto& [unit, milliseconds] : kUnits) {
        if (!text.ends_with(unit)) continue;
        const auto count = ParseCount(text.substr(0, text.size() - unit.size()));
        if (count && *count <= kDayMilliseconds / milliseconds) {
            return std::chrono::milliseconds(*count * milliseconds);
        }
        return std::nullopt;
    }
    return std::nullopt;
}

}  // namespace coupon::load
