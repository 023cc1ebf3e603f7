#pragma once

#include <filesystem>
#include <memory>

#include "common/error.h"

namespace coupon::ledger {

/// One owner of a folder: an exclusive flock on the file `coupon.lock` in it, held for this
/// object's life. The kernel drops it when the process dies, so a left-over file means nothing.
/// Immutable; any thread may destroy it.
class FileLock {
public:
    /// kUnavailable, naming the folder, if another object or process holds it; kCannotCreate if the
    /// file cannot be made. Does not wait.
    static Result<std::unique_ptr<FileLock>> Acquire(const std::filesystem::path& folder);

    ~FileLock();
    FileLock(const FileLock&) = delete;
    FileLock& operator=(const FileLock&) = delete;

private:
    explicit FileLock(int descriptor) : descriptor_(descriptor) {}

    const int descriptor_;
};

}  // namespace coupon::ledger
