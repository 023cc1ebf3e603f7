#pragma once

#include <string>
#include <string_view>

#include "common/clock.h"

namespace coupon::http::api {

/// Appends `text` as a JSON string, quotes included. Always valid JSON: controls are escaped, bytes
/// that are no UTF-8 become U+FFFD. Any thread.
void AppendJsonString(std::string& out, std::string_view text);

/// Appends a time as a JSON string in RFC 3339. Any thread.
void AppendJsonTime(std::string& out, WallTime time);

}  // namespace coupon::http::api
