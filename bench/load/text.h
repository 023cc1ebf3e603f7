#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace coupon::load {

// The small words of a command line. Pure; any thread.

/// What stands before and after the first `mark`; all of it and nothing when there is none.
std::pair<std::string_view, std::string_view> SplitAt(std::string_view text, char mark);
/// At least one part, which may be empty.
std::vector<std::string_view> SplitAll(std::string_view text, char mark);

/// 1 to 2^63-1.
std::optional<std::uint64_t> ParseCount(std::string_view text);
/// Requests a second: 0 to 1e9, decimals allowed.
std::optional<double> ParseRate(std::string_view text);
/// "250ms", "10s", "2min": 1 ms to a day.
std::optional<std::chrono::milliseconds> ParseDuration(std::string_view text);

}  // namespace coupon::load
