#pragma once

#include <filesystem>

#include "common/error.h"

namespace coupon::ledger {

/// Reads the log (-wal) of a database that nobody has open and judges it (ScanWal). kDamaged if
/// SQLite would forget commits of it; kStorageFailed if it cannot be read. No log is fine. Changes
/// nothing. Takes memory for the whole log.
Result<void> CheckWalFile(const std::filesystem::path& database);

}  // namespace coupon::ledger
