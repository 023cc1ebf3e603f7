#pragma once

#include <string>

#include "common/clock.h"
#include "common/json_text.h"

namespace coupon::http::api {

/// Appends a time as a JSON string in RFC 3339. Any thread.
void AppendJsonTime(std::string& out, WallTime time);

}  // namespace coupon::http::api
