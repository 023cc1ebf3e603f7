#include "ledger/sqlite_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <vector>

#include "ledger/durable_files.h"
#include "ledger/sqlite_migrations.h"
#include "ledger/sqlite_wal_file.h"
#include "ledger/sqlite_wal_scan.h"

namespace coupon::ledger {
namespace {

/// SQLite's Unix form takes less than 128 KiB at once.
constexpr sqlite3_int64 kLogChunkBytes = 64 * 1024;

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
        "PRAGMA synchronous = FULL;"
        // To its end: the change of mode is committed after its row. Without it a full disk leaves
        // a rollback journal, whose deletion a power cut may undo.
        "PRAGMA journal_mode = WAL;");
    if (!set) return set;
    Result<std::string> mode = connection.QueryText("PRAGMA journal_mode");
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
    if (Result<void> none = ExpectInt(connection, "PRAGMA wal_autocheckpoint", 0); !none) {
        return none;
    }
    if (database_pages_max > 0) {
        return connection.Execute(fmt::format("PRAGMA max_page_count = {}", database_pages_max));
    }
    return {};
}

/// A crash can leave part of a page at the end of the file only while the log still has the whole
/// of it. SQLite would read what is missing as zeros.
Result<void> RefuseHalfPage(Connection& connection) {
    const std::filesystem::path log = connection.File().string() + "-wal";
    if (SizeOrZero(log) > 0 || SizeOrZero(connection.File()) % kWalPageBytes == 0) return {};
    return connection.Damaged("the file ends within a page");
}

/// Coupons and their trail only, a few pages. Issuances and redemptions are read to the last row by
/// LoadIssuances, which a quick_check of the whole file would repeat with half the certainty. A
/// new store (version 0) has no tables yet.
Result<void> CheckSmallTables(Connection& connection, int version) {
    if (version == 0) return {};
    for (const std::string_view table : {"coupon", "coupon_change"}) {
        Result<std::string> verdict =
            connection.QueryText(fmt::format("PRAGMA quick_check({})", table));
        if (!verdict) return std::unexpected(verdict.error());
        if (*verdict != "ok") return connection.Damaged(*verdict);
    }
    return {};
}

/// Writes the log over itself and syncs it. After a failed fsync Linux may go on showing what never
/// reached the disk, and says "synced" from then on. A start that trusts such a log moves rows into
/// the file, and the next power cut leaves the log's older half over the newer file. What is
/// written anew is kept or reported.
Result<void> MakeLogDurable(Connection& connection) {
    sqlite3_file* log = nullptr;
    (void)sqlite3_file_control(connection.Handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER,
                               static_cast<void*>(&log));
    if (log == nullptr || log->pMethods == nullptr) return {};
    const sqlite3_io_methods& io = *log->pMethods;
    sqlite3_int64 bytes = 0;
    int code = io.xFileSize(log, &bytes);
    std::vector<char> chunk(kLogChunkBytes);
    for (sqlite3_int64 at = 0; at < bytes && code == SQLITE_OK; at += kLogChunkBytes) {
        const auto size = static_cast<int>(std::min(kLogChunkBytes, bytes - at));
        code = io.xRead(log, chunk.data(), size, at);
        if (code == SQLITE_OK) code = io.xWrite(log, chunk.data(), size, at);
    }
    if (code == SQLITE_OK && bytes > 0) code = io.xSync(log, SQLITE_SYNC_NORMAL);
    if (code != SQLITE_OK) return connection.Failure(code, "make the log durable");
    return {};
}

/// Moves the log into the file and empties it: remains of a commit that a crash cut off must not
/// lie behind the next frames, where a later ScanWal would take them for a commit that followed.
Result<void> SettleLog(Connection& connection) {
    const int code = sqlite3_wal_checkpoint_v2(connection.Handle(), nullptr,
                                               SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
    if (code != SQLITE_OK && code != SQLITE_BUSY) {
        return connection.Failure(code, "checkpoint at start");
    }
    return {};
}

}  // namespace

Result<Connection> OpenStore(const StoreOptions& options) {
    if (Result<void> fine = RefuseLogWithoutFile(options.database); !fine) {
        return std::unexpected(fine.error());
    }
    // Before SQLite reads the log: it would go on without the damaged part.
    if (Result<void> sound = CheckWalFile(options.database); !sound) {
        return std::unexpected(sound.error());
    }
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
    if (Result<void> whole = RefuseHalfPage(*connection); !whole) {
        return std::unexpected(whole.error());
    }
    if (Result<void> kept = MakeLogDurable(*connection); !kept) {
        return std::unexpected(kept.error());
    }
    if (Result<void> set = Configure(*connection, options.database_pages_max); !set) {
        return std::unexpected(set.error());
    }
    // Before a migration writes: a refused file stays as it was found.
    if (Result<void> sound = CheckSmallTables(*connection, *version); !sound) {
        return std::unexpected(sound.error());
    }
    if (Result<void> new_enough = Migrate(*connection, *version, SchemaScripts()); !new_enough) {
        return std::unexpected(new_enough.error());
    }
    if (Result<void> settled = SettleLog(*connection); !settled) {
        return std::unexpected(settled.error());
    }
    if (Result<void> synced = SyncPath(FolderOf(options.database)); !synced) {
        return std::unexpected(synced.error());
    }
    return connection;
}

}  // namespace coupon::ledger
