#include "ledger/sqlite_connection.h"

#include <fmt/format.h>

#include <cerrno>
#include <utility>

#include "common/check.h"
#include "common/limits.h"
#include "ledger/sqlite_checksum.h"

namespace coupon::ledger {
namespace {

/// Steps of SQLite's machine between two looks at whether it was interrupted.
constexpr int kStepsBetweenLooks = 10'000;

ErrorCode CodeOf(int sqlite_code) {
    switch (sqlite_code & 0xFF) {
        case SQLITE_FULL: return ErrorCode::kStorageFull;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_SCHEMA:
        case SQLITE_ERROR: return ErrorCode::kDamaged;  // "no such table", "no such column"
        case SQLITE_INTERRUPT:
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return ErrorCode::kUnavailable;
        case SQLITE_CONSTRAINT: return ErrorCode::kConflict;
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_READONLY: return ErrorCode::kCannotCreate;
        default: return ErrorCode::kStorageFailed;
    }
}

}  // namespace

void Statement::Bind(int parameter, std::int64_t value) {
    CHECK(sqlite3_bind_int64(statement_.get(), parameter, value) == SQLITE_OK);
}

void Statement::Bind(int parameter, std::optional<std::int64_t> value) {
    if (value) return Bind(parameter, *value);
    CHECK(sqlite3_bind_null(statement_.get(), parameter) == SQLITE_OK);
}

void Statement::Bind(int parameter, std::string_view text) {
    const char* const data = text.empty() ? "" : text.data();  // a null pointer would bind NULL
    CHECK(sqlite3_bind_text64(statement_.get(), parameter, data, text.size(), SQLITE_STATIC,
                              SQLITE_UTF8) == SQLITE_OK);
}

std::optional<std::int64_t> Statement::OptionalInt(int column) const {
    if (IsNull(column)) return std::nullopt;
    return Int(column);
}

std::string_view Statement::Text(int column) const {
    const auto* const text = sqlite3_column_text(statement_.get(), column);
    if (text == nullptr) return {};
    const auto bytes = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    return {reinterpret_cast<const char*>(text), bytes};
}

Result<Connection> Connection::Open(const std::filesystem::path& file, Mode mode,
                                    const std::string& vfs) {
    const int access =
        mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    sqlite3* handle = nullptr;
    const int code =
        sqlite3_open_v2(file.c_str(), &handle, access | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
                        vfs.empty() ? nullptr : vfs.c_str());
    Connection connection(file, handle);
    if (code != SQLITE_OK) {
        std::unexpected<Error> failure = connection.Failure(code, "open");
        const bool missing = handle != nullptr && sqlite3_system_errno(handle) == ENOENT;
        if (mode == Mode::kReadOnly && missing) failure.error().code = ErrorCode::kNotFound;
        return failure;
    }
    if (const int added = AddChecksumFunction(handle); added != SQLITE_OK) {
        return connection.Failure(added, "open");
    }
    sqlite3_busy_timeout(handle, static_cast<int>(limits::kBusyTimeout.count()));
    sqlite3_wal_autocheckpoint(handle, 0);
    connection.SetCheckpointOnClose(false);
    // sqlite3_interrupt alone is forgotten when it comes between two statements.
    if (mode == Mode::kReadOnly) {
        sqlite3_progress_handler(
            handle, kStepsBetweenLooks,
            [](void* interrupted) -> int {
                return static_cast<std::atomic<bool>*>(interrupted)
                    ->load(std::memory_order_relaxed);
            },
            connection.interrupted_.get());
    }
    return connection;
}

Result<Statement> Connection::Prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code != SQLITE_OK) return Failure(code, "prepare");
    return Statement(statement);
}

Result<void> Connection::Execute(const std::string& sql) {
    const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return Failure(code, "execute");
    return {};
}

Result<void> Connection::Run(Statement& statement, std::string_view operation) {
    const int code = statement.Step();
    if (code == SQLITE_DONE) {
        statement.Reset();
        return {};
    }
    // Before Reset: the message is the connection's last.
    std::unexpected<Error> failure = Failure(code, operation);
    statement.Reset();
    return failure;
}

Result<std::int64_t> Connection::QueryInt(std::string_view sql) {
    Result<Statement> statement = Prepare(sql);
    if (!statement) return std::unexpected(statement.error());
    const int code = statement->Step();
    if (code == SQLITE_ROW) return statement->Int(0);
    if (code == SQLITE_DONE) return 0;
    return Failure(code, "query");
}

Result<std::string> Connection::QueryText(std::string_view sql) {
    Result<Statement> statement = Prepare(sql);
    if (!statement) return std::unexpected(statement.error());
    const int code = statement->Step();
    if (code == SQLITE_ROW) return std::string(statement->Text(0));
    if (code == SQLITE_DONE) return std::string();
    return Failure(code, "query");
}

std::unexpected<Error> Connection::Failure(int code, std::string_view operation) const {
    const ErrorCode mapped = CodeOf(code);
    const char* const message = handle_ ? sqlite3_errmsg(handle_.get()) : sqlite3_errstr(code);
    std::string detail = fmt::format("{} (SQLite {}, errno {})", message, code,
                                     handle_ ? sqlite3_system_errno(handle_.get()) : 0);
    if (mapped == ErrorCode::kDamaged) {
        std::unexpected<Error> damaged = Damaged(detail);
        damaged.error().operation = operation;
        return damaged;
    }
    return std::unexpected(Error{
        .code = mapped,
        .operation = std::string(operation),
        .retry_is_safe = mapped == ErrorCode::kStorageFull || mapped == ErrorCode::kUnavailable,
        .detail = fmt::format("{}: {}", file_.string(), detail)});
}

std::unexpected<Error> Connection::Damaged(std::string_view what) const {
    return DamagedFile(file_, what);
}

void Connection::Interrupt() {
    interrupted_->store(true, std::memory_order_relaxed);
    sqlite3_interrupt(handle_.get());
}

void Connection::SetCheckpointOnClose(bool enabled) {
    sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, enabled ? 0 : 1, nullptr);
}

std::unexpected<Error> DamagedFile(const std::filesystem::path& file, std::string_view what) {
    return std::unexpected(Error{
        .code = ErrorCode::kDamaged,
        .operation = "check",
        .detail =
            fmt::format("{}: {}. No row was changed. Move this file, its -wal and its -shm away "
                        "together and put a backup in its place.",
                        file.string(), what)});
}

}  // namespace coupon::ledger
