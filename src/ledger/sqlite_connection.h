#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/error.h"

namespace coupon::ledger {

/// A prepared statement. Step() hands back SQLite's own code so that the path of a row builds no
/// Error. Used by the thread of its connection, and gone before it.
class Statement {
public:
    Statement() = default;
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

    /// Parameters count from 1, columns from 0. Text is not copied: it must live until Reset().
    void Bind(int parameter, std::int64_t value);
    void Bind(int parameter, std::optional<std::int64_t> value);
    void Bind(int parameter, std::string_view text);

    /// SQLITE_ROW, SQLITE_DONE or an error code (extended).
    int Step() { return sqlite3_step(statement_.get()); }
    /// Makes it ready for the next run; keeps the parameters. The last Step()'s error comes back
    /// from it: ignored.
    void Reset() { sqlite3_reset(statement_.get()); }

    bool IsNull(int column) const {
        return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
    }
    std::int64_t Int(int column) const { return sqlite3_column_int64(statement_.get(), column); }
    std::optional<std::int64_t> OptionalInt(int column) const;
    /// Valid until the next Step() or Reset().
    std::string_view Text(int column) const;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// One connection to one file. Confined to one thread at a time.
class Connection {
public:
    enum class Mode { kReadOnly, kReadWriteCreate };

    /// `vfs` empty: SQLite's default. Never checkpoints by itself, neither while open nor when
    /// closed: see SetCheckpointOnClose. Its SQL knows checksum_of (sqlite_checksum.h).
    /// kNotFound (read-only) if there is no such file, kCannotCreate if it cannot be opened.
    static Result<Connection> Open(const std::filesystem::path& file, Mode mode,
                                   const std::string& vfs);

    Result<Statement> Prepare(std::string_view sql);
    /// Runs one or more statements and drops their rows.
    Result<void> Execute(const std::string& sql);
    /// Steps a statement that gives no row to its end and resets it.
    Result<void> Run(Statement& statement, std::string_view operation);
    /// First column of the first row; 0 or "" if there is none.
    Result<std::int64_t> QueryInt(std::string_view sql);
    Result<std::string> QueryText(std::string_view sql);

    /// The Error of a code that an SQLite call just returned on this connection, as a reader sees
    /// it (applied kNo): FULL kStorageFull; CORRUPT, NOTADB and a schema that lacks something
    /// kDamaged with what to do; BUSY kUnavailable; CONSTRAINT kConflict; anything else
    /// kStorageFailed.
    std::unexpected<Error> Failure(int code, std::string_view operation) const;
    /// kDamaged: names the file, says what contradicts itself and what to do about it.
    std::unexpected<Error> Damaged(std::string_view what) const;

    /// Whether closing moves the log into the file and deletes it. Off until told, so that a
    /// refused file stays as it was found, and off again after an I/O error.
    void SetCheckpointOnClose(bool enabled);

    /// Ends what runs and what comes with SQLITE_INTERRUPT, for good. Any thread, for as long as
    /// the connection lives.
    void Interrupt();
    /// Any thread. Calls that run no SQL (a backup's steps) ask between their pieces.
    bool Interrupted() const { return interrupted_->load(std::memory_order_relaxed); }

    sqlite3* Handle() const { return handle_.get(); }
    const std::filesystem::path& File() const { return file_; }

private:
    struct Close {
        void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    };
    Connection(std::filesystem::path file, sqlite3* handle)
        : file_(std::move(file)), handle_(handle) {}

    std::filesystem::path file_;
    std::unique_ptr<std::atomic<bool>> interrupted_ = std::make_unique<std::atomic<bool>>(false);
    std::unique_ptr<sqlite3, Close> handle_;
};

/// kDamaged before or without a connection.
std::unexpected<Error> DamagedFile(const std::filesystem::path& file, std::string_view what);

}  // namespace coupon::ledger
