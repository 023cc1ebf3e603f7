#include "http/api/query_string.h"

#include <fmt/format.h>

#include "common/parse_number.h"
#include "http/api/routes.h"

namespace coupon::http::api {
namespace {

/// A whole number in `range`, or `fallback` when the parameter is not given.
Result<std::int64_t> ReadNumber(std::string_view query, std::string_view name, IntegerRange range,
                                std::int64_t fallback) {
    const auto value = QueryValue(query, name);
    if (!value) return std::unexpected(value.error());
    if (!*value) return fallback;
    const auto number = **value == "0" ? std::optional<std::int64_t>(0) : ParseId(**value);
    if (!number || !range.Contains(*number)) {
        return InvalidArgument(std::string(name), fmt::format("{} must be an integer from {} to {}",
                                                              name, range.min, range.max));
    }
    return *number;
}

}  // namespace

Result<std::optional<std::string_view>> QueryValue(std::string_view query, std::string_view name) {
    std::optional<std::string_view> found;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(pair.size() == query.size() ? pair.size() : pair.size() + 1);
        const std::size_t equals = pair.find('=');
        if (pair.substr(0, equals) != name) continue;
        if (found) {
            return InvalidArgument(std::string(name), fmt::format("{} is given twice", name));
        }
        found = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    }
    return found;
}

Result<PageQuery> ParsePageQuery(std::string_view query) {
    const auto after = ReadNumber(query, "after", {0, limits::kIdMax}, 0);
    if (!after) return std::unexpected(after.error());
    const auto limit = ReadNumber(query, "limit", {1, std::int64_t{limits::kPageSizeMax}},
                                  std::int64_t{limits::kPageSizeDefault});
    if (!limit) return std::unexpected(limit.error());
    return PageQuery{*after, static_cast<std::size_t>(*limit)};
}

Result<DeadLetterQuery> ParseDeadLetterQuery(std::string_view query) {
    const auto page = ParsePageQuery(query);
    if (!page) return std::unexpected(page.error());
    const auto status = QueryValue(query, "status");
    if (!status) return std::unexpected(status.error());
    DeadLetterQuery wanted{.after = page->after, .limit = page->limit, .status = {}};
    if (!*status) return wanted;
    wanted.status = ledger::ParseDeadLetterStatus(**status);
    if (!wanted.status) {
        return InvalidArgument("status", "status must be open, retried or dropped");
    }
    return wanted;
}

Result<ExportFormat> ParseExportFormat(std::string_view query) {
    const auto value = QueryValue(query, "format");
    if (!value) return std::unexpected(value.error());
    const std::string_view format = value->value_or("csv");
    if (format == "csv") return ExportFormat::kCsv;
    if (format == "ndjson") return ExportFormat::kNdjson;
    return InvalidArgument("format", "format must be csv or ndjson");
}

}  // namespace coupon::http::api
