#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/config.h"

namespace coupon {

/// The number behind a value's text: the integer, milliseconds, bytes, 0 or 1 for a bool, 0 for
/// texts. nullopt when the text has another form or is out of the option's range. Pure; any thread.
std::optional<std::int64_t> ParseConfigValue(const ConfigOption& option, std::string_view text);

/// What an option takes, for errors and documentation: "integer from 0 to 65535", "one of auto,
/// text, json".
std::string AllowedValues(const ConfigOption& option);

/// "250ms", "5s", "30min", "64KiB": the largest unit that leaves a whole number.
std::string FormatConfigDuration(std::chrono::milliseconds duration);
std::string FormatConfigBytes(std::int64_t bytes);

/// COUPON_SERVER_PORT for server.port: dots and dashes become underscores, letters upper case.
std::string EnvironmentNameOf(std::string_view key);

/// `key` is the subject, empty when there is none; the detail starts with it.
std::unexpected<Error> ConfigurationError(std::string key, std::string_view what);

}  // namespace coupon
