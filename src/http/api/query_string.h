#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/error.h"
#include "common/limits.h"
#include "http/api/operator_store.h"

namespace coupon::http::api {

/// The value of `name` in "a=1&b=2"; nullopt when it is not there. No percent-decoding: everything
/// our parameters may hold is plain. Errors: kInvalidArgument with `name` when it is there twice.
/// Any thread.
Result<std::optional<std::string_view>> QueryValue(std::string_view query, std::string_view name);

/// A part of a list.
struct PageQuery {
    std::int64_t after = 0;  ///< ids above it
    std::size_t limit = limits::kPageSizeDefault;
};
/// `after` (0 to 2^63-1, default 0) and `limit` (1 to limits::kPageSizeMax). Errors:
/// kInvalidArgument with the parameter's name. Any thread.
Result<PageQuery> ParsePageQuery(std::string_view query);

/// `after`, `limit` as above, and `status` (open, retried or dropped; every one when it is not
/// given). Errors: kInvalidArgument with the parameter's name. Any thread.
Result<DeadLetterQuery> ParseDeadLetterQuery(std::string_view query);

enum class ExportFormat { kCsv, kNdjson };
/// `format`, csv when it is not given. Errors: kInvalidArgument with "format". Any thread.
Result<ExportFormat> ParseExportFormat(std::string_view query);

}  // namespace coupon::http::api
