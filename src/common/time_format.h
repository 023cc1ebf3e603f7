#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/clock.h"

namespace coupon {

/// The times that have a text: 1970-01-01T00:00:00Z to 9999-12-31T23:59:59.999Z. Formatting moves a
/// time outside to the nearer end; parsing and validation refuse it.
inline constexpr WallTime kWallTimeMin{};
inline constexpr WallTime kWallTimeMax{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31} +
                                       std::chrono::hours{24} - std::chrono::milliseconds{1}};

inline constexpr std::size_t kRfc3339BytesMax = 24;
inline constexpr std::size_t kHttpDateBytes = 29;

/// RFC 3339 in UTC, "2026-11-23T10:00:00Z"; milliseconds only when they are not zero, "…00.123Z".
/// The view points into `buffer`. Allocates nothing. Any thread.
std::string_view FormatRfc3339(WallTime time, std::span<char, kRfc3339BytesMax> buffer);
std::string FormatRfc3339(WallTime time);
/// The same with milliseconds always, 24 bytes: for lines that should stand under each other.
std::string_view FormatRfc3339Milliseconds(WallTime time, std::span<char, kRfc3339BytesMax> buffer);

/// Strict RFC 3339: upper-case T and Z, a zone is required ("Z" or "+09:00", converted to UTC), 1
/// to 9 digits of a fraction are accepted and cut to milliseconds. Refused: dates that do not
/// exist, hour 24, leap seconds, offsets beyond 23:59, results outside [kWallTimeMin,
/// kWallTimeMax]. Any thread.
std::optional<WallTime> ParseRfc3339(std::string_view text);

/// The form of HTTP's Date header (RFC 9110, IMF-fixdate), "Mon, 23 Nov 2026 10:00:00 GMT";
/// milliseconds are dropped. The view points into `buffer`. Allocates nothing. Any thread.
std::string_view FormatHttpDate(WallTime time, std::span<char, kHttpDateBytes> buffer);
std::string FormatHttpDate(WallTime time);

}  // namespace coupon
