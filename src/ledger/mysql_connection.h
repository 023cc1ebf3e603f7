#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "ledger/mysql_error.h"
#include "ledger/mysql_options.h"

struct st_mysql;  ///< the client library's MYSQL

namespace coupon::ledger {

/// A row's values as the server writes them; nullopt = NULL.
using MysqlRow = std::vector<std::optional<std::string>>;
/// The same, valid during the call it is handed to.
using MysqlRowView = std::span<const std::optional<std::string_view>>;

/// One connection to MySQL or MariaDB. Blocking; confined to one thread at a time. Its session:
/// UTC, strict mode, READ COMMITTED, utf8mb4, autocommit, AffectedRows() counts rows that changed
/// (not those that were found). Errors are those of mysql_error.h; after one that ends the
/// connection, Broken() is true and nothing works any more: there is no silent reconnection.
class MysqlConnection {
public:
    /// Connects within options.connection_timeout (whole seconds, at least one) and sets the
    /// session up.
    static Result<MysqlConnection> Open(const MysqlOptions& options);
    MysqlConnection(MysqlConnection&&) noexcept = default;
    MysqlConnection& operator=(MysqlConnection&&) noexcept = default;
    ~MysqlConnection() = default;

    /// Runs one statement that gives no rows.
    Result<void> Execute(std::string_view sql);
    /// Of the last Execute. INSERT ... ON DUPLICATE KEY UPDATE: 1 a new row, 2 a changed one, 0 one
    /// that is as it was.
    std::int64_t AffectedRows() const { return affected_rows_; }
    /// The first AUTO_INCREMENT value that the last Execute made; 0 = none.
    std::int64_t LastInsertId() const { return last_insert_id_; }

    /// All rows of one statement that reads, in memory.
    Result<std::vector<MysqlRow>> Query(std::string_view sql);
    /// The first row; nullopt when there is none.
    Result<std::optional<MysqlRow>> QueryRow(std::string_view sql);
    /// The rows one by one as they come, however many: nothing is held. An error of `visit` ends it
    /// and is returned; the rest of the rows is then read and dropped. `visit` must not use this
    /// connection.
    Result<void> Visit(std::string_view sql,
                       const std::function<Result<void>(MysqlRowView)>& visit);

    /// 'text' with quotes around it and everything in it escaped, for a statement of this
    /// connection.
    std::string Quote(std::string_view text) const;

    /// Transactions do not nest (CHECK). mysql_transaction.h runs a whole one.
    Result<void> Begin();
    /// An error is applied kUnknown when the connection was lost before the reply.
    Result<void> Commit();
    Result<void> Rollback();
    bool InTransaction() const { return in_transaction_; }

    /// Whether the server answers within `patience` (rounded up to whole seconds).
    Result<void> Ping(std::chrono::milliseconds patience);
    /// Its connection was lost, or its owner said so: it is to be closed.
    bool Broken() const { return broken_; }
    void SetBroken() { broken_ = true; }
    /// The server's number of this session, for KILL and for logs.
    std::uint64_t SessionId() const;

private:
    struct Close {
        void operator()(st_mysql* handle) const;
    };
    explicit MysqlConnection(st_mysql* handle, std::chrono::seconds silence)
        : handle_(handle), silence_(silence) {}

    Result<void> Connect(const MysqlOptions& options);
    Result<void> SetUpSession(const MysqlOptions& options);
    Result<void> Run(std::string_view sql, std::string_view operation, MysqlStep step);
    /// Drops what the statement answered, notes AffectedRows and LastInsertId.
    Result<void> Finish(std::string_view operation, MysqlStep step);
    std::unexpected<Error> Failure(std::string_view operation, MysqlStep step);

    /// How long the next replies are waited for.
    void SetPatience(std::chrono::milliseconds patience);

    std::unique_ptr<st_mysql, Close> handle_;
    std::chrono::seconds silence_;
    std::int64_t affected_rows_ = 0;
    std::int64_t last_insert_id_ = 0;
    bool in_transaction_ = false;
    bool broken_ = false;
};

}  // namespace coupon::ledger
