#include "ledger/sqlite_store.h"

#include <fmt/format.h>

#include <system_error>

#include "ledger/durable_files.h"
#include "ledger/sqlite_migrations.h"

namespace coupon::ledger {
namespace {

std::uintmax_t SizeOrZero(const std::filesystem::path& file) {
    std::error_code error;
    const std::uintmax_t bytes = std::filesystem::file_size(file, error);
    return error ? 0 : bytes;
}

/// SQLite would take a lost or emptied file for a new store and throw the log with its rows away.
Result<void> RefuseLogWithoutFile(const std::filesystem::path& database) {
    const std::filesystem::path log = database.string() + "-wal";
    std::error_code error;
    if (!std::filesystem::exists(database, error) && std::filesystem::exists(log, error)) {
        return DamagedFile(database, "the file is missing, but its log (-wal) is there");
    }
    if (SizeOrZero(database) == 0 && SizeOrZero(log) > 0) {
        return DamagedFile(database, "the file is empty, but its log (-wal) has rows");
    }
    return {};
}

Result<void> ExpectInt(Connection& connection, std::string_view query, std::int64_t expected) {
    Result<std::int64_t> value = connection.QueryInt(query);
    if (!value) return std::unexpected(value.error());
    if (*value == expected) return {};
    return std::unexpected(
        Error{.code = ErrorCode::kCannotCreate,
              .operation = "open",
              .detail = fmt::format("{}: {} is {} instead of {}", connection.File().string(), query,
                                    *value, expected)});
}

Result<void> Configure(Connection& connection, int database_pages_max) {
    Result<void> set = connection.Execute(
        "PRAGMA page_size = 4096;"
        "PRAGMA temp_store = MEMORY;"
        "PRAGMA foreign_keys = OFF;"
        "PRAGMA mmap_size = 0;"
        "PRAGMA cache_size = -16384;"
        "PRAGMA cell_size_check = ON;"
        "PRAGMA trusted_schema = OFF;"
        "PRAGMA locking_mode = NORMAL;"
        "PRAGMA synchronous = FULL;");
    if (!set) return set;
    Result<std::string> mode = connection.QueryText("PRAGMA journal_mode = WAL");
    if (!mode) return std::unexpected(mode.error());
    if (*mode != "wal") {
        return std::unexpected(
            Error{.code = ErrorCode::kCannotCreate,
                  .operation = "open",
                  .detail = fmt::format("{}: the file system does not allow a write-ahead log "
                                        "(journal mode {})",
                                        connection.File().string(), *mode)});
    }
    // What durability rests on is read back and not believed.
    if (Result<void> full = ExpectInt(connection, "PRAGMA synchronous", 2); !full) return full;
    if (Result<void> none = ExpectInt(connection, "PRAGMA wal_autocheckpoint", 0); !none)
        return none;
    if (database_pages_max > 0) {
        return connection.Execute(fmt::format("PRAGMA max_page_count = {}", database_pages_max));
    }
    return {};
}

/// Coupons only, a few pages. Issuances are read to the last row by LoadIssuances, with a checksum
/// a row, which a quick_check of the whole file would repeat with half the certainty.
Result<void> CheckCoupons(Connection& connection) {
    Result<std::string> verdict = connection.QueryText("PRAGMA quick_check(coupon)");
    if (!verdict) return std::unexpected(verdict.error());
    if (*verdict != "ok") return connection.Damaged(*verdict);
    return {};
}

Result<void> SettleLog(Connection& connection) {
    const int code = sqlite3_wal_checkpoint_v2(connection.Handle(), nullptr,
                                               SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
    if (code != SQLITE_OK && code != SQLITE_BUSY)
        return connection.Failure(code, "checkpoint at start");
    return {};
}

}  // namespace

Result<Connection> OpenStore(const StoreOptions& options) {
    if (Result<void> fine = RefuseLogWithoutFile(options.database); !fine)
        return std::unexpected(fine.error());
    Result<Connection> connection =
        Connection::Open(options.database, Connection::Mode::kReadWriteCreate, options.vfs);
    if (!connection) return connection;
    if (sqlite3_db_readonly(connection->Handle(), "main") != 0) {
        return std::unexpected(
            Error{.code = ErrorCode::kCannotCreate,
                  .operation = "open",
                  .detail = fmt::format("{} is not writable", options.database.string())});
    }
    Result<int> version = CheckIdentity(*connection, SchemaScripts());
    if (!version) return std::unexpected(version.error());
    if (Result<void> set = Configure(*connection, options.database_pages_max); !set) {
        return std::unexpected(set.error());
    }
    if (Result<void> new_enough = Migrate(*connection, *version, SchemaScripts()); !new_enough) {
        return std::unexpected(new_enough.error());
    }
    if (Result<void> sound = CheckCoupons(*connection); !sound)
        return std::unexpected(sound.error());
    if (Result<void> settled = SettleLog(*connection); !settled)
        return std::unexpected(settled.error());
    if (Result<void> synced = SyncPath(FolderOf(options.database)); !synced)
        return std::unexpected(synced.error());
    return connection;
}

}  // namespace coupon::ledger
