#include "ledger/file_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace coupon::ledger {

Result<std::unique_ptr<FileLock>> FileLock::Acquire(const std::filesystem::path& folder) {
    const std::filesystem::path file = folder / "coupon.lock";
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (descriptor < 0) {
        return std::unexpected(
            Error{.code = ErrorCode::kCannotCreate,
                  .operation = "lock",
                  .detail = fmt::format("{}: {}", file.string(), ErrnoText(errno))});
    }
    std::unique_ptr<FileLock> lock(new FileLock(descriptor));
    // flock and not fcntl: it also keeps out a second object of this very process, and closing some
    // other descriptor of the file does not drop it.
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) return lock;
    const int number = errno;
    const std::string why =
        number == EWOULDBLOCK
            ? "is in use by another process; stop that one or choose another data.dir"
            : ErrnoText(number);
    return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                 .operation = "lock",
                                 .detail = fmt::format("the folder {} {}", folder.string(), why)});
}

FileLock::~FileLock() { ::close(descriptor_); }

}  // namespace coupon::ledger
