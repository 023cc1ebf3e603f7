#include "http/api/media_type.h"

#include "common/ascii.h"

namespace coupon::http::api {
namespace {

std::string_view Trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string_view Unquote(std::string_view text) {
    const bool quoted = text.size() >= 2 && text.front() == '"' && text.back() == '"';
    return quoted ? text.substr(1, text.size() - 2) : text;
}

}  // namespace

MediaType ReadMediaType(std::string_view content_type) {
    if (content_type == "application/json") return MediaType::kJson;
    if (Trim(content_type).empty()) return MediaType::kMissing;
    std::size_t end = content_type.find(';');
    if (!EqualsIgnoringCase(Trim(content_type.substr(0, end)), "application/json")) {
        return MediaType::kOther;
    }
    while (end != std::string_view::npos) {
        content_type.remove_prefix(end + 1);
        end = content_type.find(';');
        const std::string_view parameter = Trim(content_type.substr(0, end));
        const std::size_t equals = parameter.find('=');
        if (equals == std::string_view::npos) continue;
        if (EqualsIgnoringCase(parameter.substr(0, equals), "charset") &&
            !EqualsIgnoringCase(Unquote(parameter.substr(equals + 1)), "utf-8")) {
            return MediaType::kOtherCharset;
        }
    }
    return MediaType::kJson;
}

bool MayAct(const Request& request) {
    const bool may_lack_type = request.body.empty() && request.origin.empty();
    return may_lack_type || ReadMediaType(request.content_type) == MediaType::kJson;
}

}  // namespace coupon::http::api
