// The small readers of untrusted text: paths, queries, times, headers, URLs. Each is held against a
// rule that is simpler than itself, or against its own inverse.

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <string>

#include "apps/ctl/url.h"
#include "common/check.h"
#include "common/json_text.h"
#include "common/secret.h"
#include "common/time_format.h"
#include "common/utf8.h"
#include "http/api/auth.h"
#include "http/api/media_type.h"
#include "http/api/query_string.h"
#include "http/api/routes.h"
#include "tests/fuzz/fuzz_input.h"

namespace coupon::fuzz {
namespace {

namespace api = http::api;
using Kind = api::RouteMatch::Kind;

void CheckId(std::string_view text) {
    const auto id = api::ParseId(text);
    CHECK(!id || (*id >= 1 && std::to_string(*id) == text));
}

/// The template with its numbers put in is the path, to the byte.
std::string PathOf(const api::RouteMatch& match) {
    std::string path(api::LabelOf(match.id).uri);
    const auto put = [&path](std::string_view name, std::int64_t number) {
        if (const std::size_t at = path.find(name); at != std::string::npos) {
            path.replace(at, name.size(), std::to_string(number));
        }
    };
    put("{id}", match.coupon_id);
    put("{userId}", match.user_id);
    return path;
}

void CheckRoutes(std::string_view path) {
    std::size_t known = 0;
    std::size_t matched = 0;
    for (int method = 0; method <= static_cast<int>(http::Method::kOther); ++method) {
        const auto match = api::FindRoute(static_cast<http::Method>(method), path);
        if (match.kind != Kind::kNotFound) ++matched;
        ++known;
        if (match.kind == Kind::kFound) {
            CHECK(PathOf(match) == path);
            const auto route =
                std::ranges::find(api::Routes(), match.id, [](const auto& r) { return r.id; });
            CHECK(route != api::Routes().end() && route->role == match.role);
        }
        CHECK((match.kind == Kind::kBadParameter) == !match.bad_parameter.empty());
        CHECK((match.kind == Kind::kMethodNotAllowed || match.kind == Kind::kOptions) ==
              !match.allow.empty());
    }
    CHECK(matched == 0 || matched == known);  // whether a path exists does not depend on the method
}

/// How often the name stands before a '=' or an end in "a=1&b".
std::size_t CountParameter(std::string_view query, std::string_view name) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < query.size();) {
        const std::size_t end = std::min(query.find('&', at), query.size());
        const std::string_view pair = query.substr(at, end - at);
        if (pair == name || (pair.starts_with(name) && pair.substr(name.size()).starts_with('='))) {
            ++count;
        }
        at = end + 1;
    }
    return count;
}

void CheckQuery(std::string_view query) {
    for (const std::string_view name : {"after", "limit", "format"}) {
        const auto value = api::QueryValue(query, name);
        const std::size_t count = CountParameter(query, name);
        CHECK(value.has_value() == (count <= 1));
        CHECK(!value || value->has_value() == (count == 1));
        CHECK(value || value.error().field == name);
    }
    if (const auto page = api::ParsePageQuery(query)) {
        CHECK(page->after >= 0);
        CHECK(page->limit >= 1 && page->limit <= limits::kPageSizeMax);
    } else {
        CHECK(page.error().code == ErrorCode::kInvalidArgument);
    }
    const auto format = api::ParseExportFormat(query);
    CHECK(format || format.error().field == "format");
}

void CheckTime(std::string_view text) {
    const auto time = ParseRfc3339(text);
    if (!time) return;
    CHECK(*time >= kWallTimeMin && *time <= kWallTimeMax);
    CHECK(text.find_first_not_of("0123456789-:.+TZ") == std::string_view::npos);
    CHECK(text.size() >= 20 && text[10] == 'T');
    const std::string formatted = FormatRfc3339(*time);
    CHECK(ParseRfc3339(formatted) == time);
    CHECK(!text.ends_with('Z') || formatted.substr(0, 19) == text.substr(0, 19));
    CHECK(FormatHttpDate(*time).size() == kHttpDateBytes);
}

void CheckHeaders(std::string_view value) {
    const std::string_view token = BearerToken(value);
    CHECK(token.empty() || (value.size() > 7 && value.ends_with(token) == !value.ends_with(' ')));
    CHECK(!token.starts_with(' ') && !token.ends_with(' '));
    static const std::string secret_text(limits::kSecretBytesMin, 's');
    static const api::Authorizer authorizer(
        {.operator_token = Secret::FromText(secret_text, "k").value(),
         .service_token = std::nullopt});
    const auto access = authorizer.Check(api::Role::kOperator, value);
    CHECK((access == api::Access::kGranted) == (token == secret_text));
    CHECK((access == api::Access::kNoToken) == token.empty());
    const auto secret = Secret::FromText(value, "k");
    CHECK(!secret || secret->Matches(value));
    const bool names_json = api::ReadMediaType(value) == api::MediaType::kJson;
    CHECK(!names_json || value.find('/') != std::string_view::npos);
}

void CheckText(std::string_view text) {
    std::string quoted;
    AppendJsonString(quoted, text);
    const auto value = boost::json::parse(quoted);  // throws if it were no JSON
    const auto points = CountCodePoints(text);
    CHECK(!points || std::string_view(value.as_string()) == text);
    CHECK(CountCodePoints(std::string_view(value.as_string())));
}

void CheckUrl(std::string_view text) {
    const auto url = ctl::ParseUrl(text);
    if (!url) {
        CHECK(url.error().code == ErrorCode::kInvalidArgument && url.error().field == "--url");
        return;
    }
    const std::string written = url->ToString();
    CHECK(written.find_first_of(" \r\n\t?#@") == std::string::npos);
    const auto again = ctl::ParseUrl(written);
    CHECK(again && *again == *url);
}

}  // namespace
}  // namespace coupon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace coupon::fuzz;
    const std::string_view text = TextOf(data, size);
    CheckId(text);
    CheckRoutes(text);
    CheckQuery(text);
    CheckTime(text);
    CheckHeaders(text);
    CheckText(text);
    CheckUrl(text);
    return 0;
}
