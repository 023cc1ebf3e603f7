#pragma once

#include <filesystem>

#include "common/clock.h"
#include "common/error.h"
#include "ledger/reports.h"
#include "ledger/sqlite_reader.h"

namespace coupon::http::api {

/// `<data_dir>/backups/coupon-20261123T100000.123Z.db`; a further backup of the same millisecond
/// (`number` 2, 3, ...) has `-2` before `.db`. Any thread.
std::filesystem::path BackupFile(const std::filesystem::path& data_dir, WallTime now, int number);

/// Copies the store to the first free name of the moment, in a folder that only the owner may read.
/// kConflict when limits::kBackupsOfOneMomentMax names are taken; else as SqliteReader::Backup. The
/// reader's thread.
Result<ledger::BackupResult> MakeBackup(ledger::SqliteReader& reader,
                                        const std::filesystem::path& data_dir, WallTime now);

}  // namespace coupon::http::api
