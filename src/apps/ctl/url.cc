#include "apps/ctl/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "common/parse_number.h"

namespace coupon::ctl {
namespace {

constexpr std::string_view kScheme = "http://";
constexpr std::string_view kField = "--url";

bool IsHostCharacter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

bool IsAddressCharacter(char c) { return IsHostCharacter(c) || c == ':'; }

/// Visible ASCII that needs no escape in a request line.
bool IsPathCharacter(char c) { return c > ' ' && c < 0x7F && c != '?' && c != '#' && c != '\\'; }

std::optional<std::uint16_t> ParsePort(std::string_view text) {
    const auto port = ParseWhole<std::uint16_t>(text);
    return port == 0 ? std::nullopt : port;
}

/// Takes the host off `rest`, with the brackets of an IPv6 address; empty when there is no valid
/// one.
std::string TakeHost(std::string_view& rest) {
    const bool bracketed = rest.starts_with('[');
    const std::size_t end = bracketed ? rest.find(']') : rest.find_first_of(":/");
    if (bracketed && end == std::string_view::npos) return {};
    const std::string_view host = bracketed ? rest.substr(1, end - 1) : rest.substr(0, end);
    if (!std::ranges::all_of(host, bracketed ? IsAddressCharacter : IsHostCharacter)) return {};
    rest.remove_prefix(std::min(rest.size(), bracketed ? end + 1 : end));
    return std::string(host);
}

std::unexpected<Error> Refuse(std::string_view text, std::string_view why) {
    return InvalidArgument(std::string(kField), fmt::format("\"{}\": {}", text, why));
}

}  // namespace

std::string Url::Authority() const {
    const bool is_v6 = host.find(':') != std::string::npos;
    return is_v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string Url::ToString() const { return fmt::format("http://{}{}", Authority(), prefix); }

Result<Url> ParseUrl(std::string_view text) {
    if (text.starts_with("https://")) {
        return Refuse(
            text, "https is not spoken here: use http:// beside the service or through a tunnel");
    }
    if (!text.starts_with(kScheme)) return Refuse(text, "has to begin with http://");
    std::string_view rest = text.substr(kScheme.size());
    if (rest.substr(0, rest.find('/')).find('@') != std::string_view::npos) {
        return Refuse("...", "takes no user name; the token is given with --token-file");
    }
    Url url;
    url.host = TakeHost(rest);
    if (url.host.empty()) return Refuse(text, "has no valid host");
    if (rest.starts_with(':')) {
        const std::string_view digits = rest.substr(1, rest.find('/') - 1);
        const std::optional<std::uint16_t> port = ParsePort(digits);
        if (!port) return Refuse(text, "the port is a number from 1 to 65535");
        url.port = *port;
        rest.remove_prefix(1 + digits.size());
    }
    while (rest.ends_with('/')) rest.remove_suffix(1);
    if (!rest.empty() && (!rest.starts_with('/') || !std::ranges::all_of(rest, IsPathCharacter))) {
        return Refuse(text, "only a plain path may follow the host");
    }
    url.prefix = std::string(rest);
    return url;
}

}  // namespace coupon::ctl
