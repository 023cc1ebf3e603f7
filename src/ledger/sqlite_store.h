#pragma once

#include <filesystem>
#include <string>

#include "common/error.h"
#include "ledger/sqlite_connection.h"

namespace coupon::ledger {

struct StoreOptions {
    std::filesystem::path database;
    std::string vfs;
    int database_pages_max = 0;  ///< 0 = SQLite's own limit
};

/// Opens the file for the one connection that writes: checks it, sets it up, migrates it, and makes
/// durable what a crash left in the log, so that nobody is told of a row that a power cut could
/// still take away. The caller holds the folder's lock. Errors as SqliteLedger::Open.
Result<Connection> OpenStore(const StoreOptions& options);

}  // namespace coupon::ledger
