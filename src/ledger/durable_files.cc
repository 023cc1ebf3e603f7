#include "ledger/durable_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>

namespace coupon::ledger {
namespace {

std::unexpected<Error> CannotCreate(const std::filesystem::path& path, const std::string& why) {
    return std::unexpected(Error{.code = ErrorCode::kCannotCreate,
                                 .operation = "create",
                                 .detail = fmt::format("{}: {}", path.string(), why)});
}

}  // namespace

std::filesystem::path FolderOf(const std::filesystem::path& path) {
    return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

Result<void> CreateFolder(const std::filesystem::path& folder) {
    // "data/" names the folder "data": without this its parent would be itself.
    const std::filesystem::path path = folder.has_filename() ? folder : folder.parent_path();
    std::error_code error;
    if (path.empty() || std::filesystem::is_directory(path, error)) return {};
    if (Result<void> above = CreateFolder(FolderOf(path)); !above) return above;
    if (!std::filesystem::create_directory(path, error)) {
        std::error_code unknown;  // never the form that throws: a name can be refused by every call
        if (!std::filesystem::is_directory(path, unknown)) {
            return CannotCreate(path, error ? error.message() : "it exists and is not a folder");
        }
    }
    return SyncPath(FolderOf(path));
}

Result<void> SyncPath(const std::filesystem::path& path) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool synced = descriptor >= 0 && ::fsync(descriptor) == 0;
    const int number = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (synced) return {};
    return std::unexpected(
        Error{.code = ErrorCode::kStorageFailed,
              .operation = "fsync",
              .applied = Applied::kUnknown,
              .detail = fmt::format("{}: {}", path.string(), ErrnoText(number))});
}

Result<void> RenameNoReplace(const std::filesystem::path& from, const std::filesystem::path& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
    const int number = errno;
    if (number == EEXIST) {
        return std::unexpected(Error{.code = ErrorCode::kConflict,
                                     .operation = "rename",
                                     .detail = fmt::format("{} exists already", to.string())});
    }
    return CannotCreate(to, ErrnoText(number));
}

}  // namespace coupon::ledger
