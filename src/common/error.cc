#include "common/error.h"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "common/exit_code.h"

namespace coupon {

std::string_view ToString(ErrorCode code) {
    switch (code) {
        case ErrorCode::kInvalidArgument: return "invalid_argument";
        case ErrorCode::kNotFound: return "not_found";
        case ErrorCode::kConflict: return "conflict";
        case ErrorCode::kNotSupported: return "not_supported";
        case ErrorCode::kOverloaded: return "overloaded";
        case ErrorCode::kStorageFull: return "storage_full";
        case ErrorCode::kStorageFailed: return "storage_failed";
        case ErrorCode::kDamaged: return "damaged";
        case ErrorCode::kUnavailable: return "unavailable";
        case ErrorCode::kCannotCreate: return "cannot_create";
        case ErrorCode::kConfiguration: return "configuration";
    }
    return "unknown";
}

std::string Describe(const Error& error) {
    const std::string_view applied = error.applied == Applied::kNo    ? "no"
                                     : error.applied == Applied::kYes ? "yes"
                                                                      : "unknown";
    return fmt::format("{}: {} ({}, applied: {})", error.operation, error.detail,
                       ToString(error.code), applied);
}

std::string ErrnoText(int number) { return std::generic_category().message(number); }

int ExitCodeOf(const Error& error) {
    switch (error.code) {
        case ErrorCode::kInvalidArgument:
        case ErrorCode::kNotFound:
        case ErrorCode::kConflict:
        case ErrorCode::kNotSupported: return kExitUsage;
        case ErrorCode::kDamaged: return kExitDataDamaged;
        case ErrorCode::kOverloaded:
        case ErrorCode::kUnavailable: return kExitUnavailable;
        case ErrorCode::kStorageFull:
        case ErrorCode::kStorageFailed:
        case ErrorCode::kCannotCreate: return kExitCannotCreate;
        case ErrorCode::kConfiguration: return kExitConfiguration;
    }
    return kExitUsage;
}

std::unexpected<Error> InvalidArgument(std::string field, std::string detail) {
    return std::unexpected(Error{.code = ErrorCode::kInvalidArgument,
                                 .operation = "validate",
                                 .applied = Applied::kNo,
                                 .retry_is_safe = false,
                                 .detail = std::move(detail),
                                 .field = std::move(field)});
}

}  // namespace coupon
