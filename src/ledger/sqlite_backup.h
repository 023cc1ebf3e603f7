#pragma once

#include <filesystem>

#include "common/error.h"
#include "ledger/sqlite_connection.h"
#include "ledger/sqlite_reader.h"

namespace coupon::ledger {

/// SqliteReader::Backup. Holds one read transaction for as long as the copy takes; the log grows
/// meanwhile. kConflict if `target` exists or the log of an older file lies where its own would. A
/// failure or a crash leaves at most a file `target`.partial.*, never one named `target`.
Result<BackupResult> BackupFile(Connection& source, const std::filesystem::path& target);

}  // namespace coupon::ledger
