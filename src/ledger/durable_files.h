#pragma once

#include <filesystem>

#include "common/error.h"

namespace coupon::ledger {

/// The folder that holds `path`: "." for a bare name.
std::filesystem::path FolderOf(const std::filesystem::path& path);

/// Makes the folder and those above it that are missing; each is on the disk (its parent fsynced)
/// on success. kCannotCreate if it cannot be made or is not a folder.
Result<void> CreateFolder(const std::filesystem::path& folder);

/// fsync of a file's content or of a folder's list of names. Never call it on a database file that
/// SQLite has open in this process: closing the second descriptor would drop SQLite's locks.
/// kStorageFailed, applied kUnknown.
Result<void> SyncPath(const std::filesystem::path& path);

/// Renames without ever replacing: kConflict if `to` exists.
Result<void> RenameNoReplace(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace coupon::ledger
