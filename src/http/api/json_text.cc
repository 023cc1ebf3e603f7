#include "http/api/json_text.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

#include "common/time_format.h"
#include "common/utf8.h"

namespace coupon::http::api {

void AppendJsonString(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const std::string_view before = text;
        const auto point = TakeCodePoint(text);
        if (!point) {
            out += "\xEF\xBF\xBD";
        } else if (*point == U'"' || *point == U'\\') {
            out += '\\';
            out += before.front();
        } else if (IsControl(*point)) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(*point));
        } else {
            out += before.substr(0, before.size() - text.size());
        }
    }
    out += '"';
}

void AppendJsonTime(std::string& out, WallTime time) {
    std::array<char, kRfc3339BytesMax> buffer;
    out += '"';
    out += FormatRfc3339(time, buffer);
    out += '"';
}

}  // namespace coupon::http::api
