#include "apps/ctl/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "ledger/durable_files.h"

namespace coupon::ctl {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> CannotCreate(const fs::path& file, std::string_view what, int error_number) {
    return std::unexpected(
        Error{.code = ErrorCode::kCannotCreate,
              .operation = "write file",
              .detail = fmt::format("{}: {}: {}", file.string(), what, ErrnoText(error_number))});
}

Result<void> WriteAll(int descriptor, const fs::path& file, std::string_view piece) {
    while (!piece.empty()) {
        const ssize_t written = ::write(descriptor, piece.data(), piece.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return CannotCreate(file, "cannot write", errno);
        piece.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

/// Follows links, so that a rename replaces the file and not the link to it.
Result<fs::path> RealTarget(const fs::path& target) {
    std::error_code error;
    const fs::file_status status = fs::status(target, error);
    if (!fs::exists(status)) return target;
    if (!fs::is_regular_file(status)) return CannotCreate(target, "not a regular file", EEXIST);
    fs::path real = fs::canonical(target, error);
    if (error) return CannotCreate(target, "cannot resolve", error.value());
    return real;
}

}  // namespace

Result<void> WriteFileWhole(const fs::path& target,
                            const std::function<Result<void>(const BodySink&)>& produce) {
    const Result<fs::path> real = RealTarget(target);
    if (!real) return std::unexpected(real.error());
    const fs::path folder = ledger::FolderOf(*real);
    const fs::path part =
        folder / fmt::format(".{}.part-{}", real->filename().string(), ::getpid());
    const int descriptor = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0) return CannotCreate(target, "cannot create", errno);

    Result<void> done =
        produce([&](std::string_view piece) { return WriteAll(descriptor, target, piece); });
    if (done && ::fsync(descriptor) != 0) done = CannotCreate(target, "cannot fsync", errno);
    if (::close(descriptor) != 0 && done) done = CannotCreate(target, "cannot close", errno);
    if (done && ::rename(part.c_str(), real->c_str()) != 0) {
        done = CannotCreate(target, "cannot rename", errno);
    }
    if (!done) {
        ::unlink(part.c_str());
        return done;
    }
    return ledger::SyncPath(folder);
}

}  // namespace coupon::ctl
