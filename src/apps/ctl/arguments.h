#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/error.h"
#include "common/ids.h"

namespace coupon::ctl {

// What stands on the command line, checked before anything is sent. `field` is how the error names
// it ("--start", "ID"). All errors are kInvalidArgument, their detail a sentence for the operator.
// Pure; any thread.

/// 1 to 2^63-1.
Result<std::int64_t> ParseId(std::string_view text, std::string_view field);

/// 0 to 2^63-1.
Result<std::int64_t> ParseAmount(std::string_view text, std::string_view field);

/// "+50", "-20", "50"; not 0.
Result<std::int64_t> ParseDelta(std::string_view text, std::string_view field);

/// "1000", or "unlimited" = nullopt.
Result<std::optional<std::int64_t>> ParseTotal(std::string_view text, std::string_view field);

/// "250ms", "10s", "5min", "1h": 1 ms to 1 day.
Result<std::chrono::milliseconds> ParseTimeout(std::string_view text, std::string_view field);

/// A point of time as an operator writes it.
struct TimeArgument {
    bool relative = false;  ///< counted from "now"
    WallTime at;  ///< when not relative
    std::chrono::milliseconds offset{};  ///< when relative

    WallTime Resolve(WallTime now) const { return relative ? now + offset : at; }
    bool operator==(const TimeArgument&) const = default;
};

/// RFC 3339 ("2026-11-23T10:00:00Z", "2026-11-23T19:00:00+09:00"), "now", or "+" and a duration
/// ("+1h", "+30min", "+7d").
Result<TimeArgument> ParseTime(std::string_view text, std::string_view field);

}  // namespace coupon::ctl
