#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace coupon {

/// Why an operation failed. What a caller can expect in the ordinary course of things (sold out,
/// already claimed) is an outcome, not an error.
enum class ErrorCode {
    kInvalidArgument,  ///< the caller's input; `field` names the part
    kNotFound,  ///< what was named does not exist
    /// The state does not allow it (cut below what is admitted, reopening a closed coupon).
    kConflict,
    kNotSupported,  ///< this mode of the service has no such operation; it never works here
    kOverloaded,  ///< a named limit is reached; later it may work
    kStorageFull,  ///< no room on the device: nothing was written, it may recover
    kStorageFailed,  ///< an I/O error: the writer stays closed until restart
    kDamaged,  ///< stored data contradicts itself; exit code 65
    kUnavailable,  ///< a needed service or the writer is not there; exit code 69
    kCannotCreate,  ///< a file, folder or socket cannot be made; exit code 73
    kConfiguration,  ///< exit code 78
};

/// Whether a failed operation took effect. kUnknown is a state of its own: only asking again
/// settles it.
enum class Applied { kNo, kYes, kUnknown };

/// A failure: for the log and for deciding what to do next. `detail` is never the text for a
/// client; the exceptions are kInvalidArgument, kConflict and kNotSupported: theirs is written
/// for the caller.
struct Error {
    ErrorCode code = ErrorCode::kUnavailable;
    std::string operation;  ///< what was tried, e.g. "commit"
    Applied applied = Applied::kNo;
    bool retry_is_safe = false;
    std::string detail;
    std::string field = {};  ///< the input's name with kInvalidArgument, else empty
};

template <class T>
using Result = std::expected<T, Error>;

/// "storage_full", "damaged", ...: stable, for logs and problem bodies.
std::string_view ToString(ErrorCode code);
/// "commit: database or disk is full (storage_full, applied: no)".
std::string Describe(const Error& error);
/// The system's text for a value of errno. Any thread.
std::string ErrnoText(int number);
/// The process exit code for a failure that ends a program (sysexits; ARCHITECTURE.md, Exit codes).
int ExitCodeOf(const Error& error);

/// An error of the caller's input, nothing applied: `field` is the input's name.
std::unexpected<Error> InvalidArgument(std::string field, std::string detail);

}  // namespace coupon
