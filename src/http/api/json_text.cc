#include "http/api/json_text.h"

#include <array>

#include "common/time_format.h"

namespace coupon::http::api {

void AppendJsonTime(std::string& out, WallTime time) {
    std::array<char, kRfc3339BytesMax> buffer{};
    out += '"';
    out += FormatRfc3339(time, buffer);
    out += '"';
}

}  // namespace coupon::http::api
