#include "common/json_text.h"

#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "common/utf8.h"

namespace coupon {

void AppendJsonEscaped(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const std::string_view before = text;
        const std::optional<char32_t> point = TakeCodePoint(text);
        if (!point) {
            out += kReplacementCharacter;
        } else if (*point == U'"' || *point == U'\\') {
            out += '\\';
            out += before.front();
        } else if (*point == U'\n') {
            out += "\\n";
        } else if (IsControl(*point) || *point == 0x2028 || *point == 0x2029) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(*point));
        } else {
            out += before.substr(0, before.size() - text.size());
        }
    }
}

void AppendJsonString(std::string& out, std::string_view text) {
    out += '"';
    AppendJsonEscaped(out, text);
    out += '"';
}

}  // namespace coupon
