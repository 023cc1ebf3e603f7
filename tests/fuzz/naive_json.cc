#include "tests/fuzz/naive_json.h"

#include <boost/json.hpp>
#include <charconv>

#include "common/check.h"
#include "common/limits.h"

namespace coupon::fuzz {
namespace {

namespace json = boost::json;

constexpr std::string_view kSpace = " \t\r\n";

std::string_view Trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// Where a value or name that starts the text ends: the first of `stops` outside of strings and
/// brackets.
std::size_t EndOf(std::string_view text, std::string_view stops) {
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') ++i;
            if (c == '"') quoted = false;
        } else if (depth == 0 && stops.find(c) != std::string_view::npos) {
            return i;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            --depth;
        }
    }
    return text.size();
}

}  // namespace

std::optional<std::vector<NaiveMember>> ReadMembers(std::string_view body) {
    json::error_code error;
    const json::value dom = json::parse({body.data(), body.size()}, error, {},
                                        json::parse_options{.max_depth = limits::kJsonDepthMax});
    if (error || !dom.is_object()) return std::nullopt;
    std::vector<NaiveMember> members;
    std::string_view rest = Trim(body);
    rest = Trim(rest.substr(1, rest.size() - 2));
    while (!rest.empty()) {
        const std::size_t colon = EndOf(rest, ":");
        const auto name = PlainString(Trim(rest.substr(0, colon)));
        CHECK(name);
        rest.remove_prefix(colon + 1);
        const std::size_t comma = EndOf(rest, ",");
        members.push_back({*name, Trim(rest.substr(0, comma))});
        rest.remove_prefix(std::min(rest.size(), comma + 1));
    }
    for (const NaiveMember& member : members) CHECK(dom.as_object().contains(member.name));
    CHECK(members.size() >= dom.as_object().size());  // the DOM keeps one of those of the same name
    return members;
}

std::optional<std::int64_t> PlainInteger(std::string_view text) {
    const std::string_view digits = text.substr(text.starts_with('-') ? 1 : 0);
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
        return std::nullopt;
    }
    if (digits.starts_with('0') && text != "0") return std::nullopt;
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<std::string> PlainString(std::string_view text) {
    if (!text.starts_with('"')) return std::nullopt;
    const json::value value = json::parse({text.data(), text.size()});
    return std::string(value.as_string());
}

const NaiveMember* FindOnce(const std::vector<NaiveMember>& members, std::string_view name) {
    const NaiveMember* found = nullptr;
    for (const NaiveMember& member : members) {
        if (member.name != name) continue;
        if (found != nullptr) return nullptr;
        found = &member;
    }
    return found;
}

}  // namespace coupon::fuzz
