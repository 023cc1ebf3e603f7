#include "ledger/mysql_connection.h"

#include <fmt/format.h>
#include <mariadb/mysql.h>
// After mysql.h: it does not include what it needs.
#include <mariadb/ma_pvio.h>

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/config_values.h"
#include "common/limits_distributed.h"

namespace coupon::ledger {
namespace {

/// The library counts in whole seconds.
unsigned WholeSeconds(std::chrono::milliseconds duration) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(duration).count();
    return static_cast<unsigned>(std::max<std::chrono::seconds::rep>(seconds, 1));
}

void SetOption(MYSQL* handle, mysql_option option, const void* value) {
    CHECK(mysql_optionsv(handle, option, value) == 0);
}

void SetOptions(MYSQL* handle, const MysqlOptions& options) {
    const unsigned connect = WholeSeconds(options.connection_timeout);
    const unsigned silence = WholeSeconds(options.silence);
    // "localhost" would be a Unix socket, wherever the library takes that to be.
    const unsigned protocol = MYSQL_PROTOCOL_TCP;
    // A server must not be able to ask for a file of ours.
    const unsigned local_files = 0;
    SetOption(handle, MYSQL_OPT_CONNECT_TIMEOUT, &connect);
    SetOption(handle, MYSQL_OPT_READ_TIMEOUT, &connect);  // of the greeting; Open sets the rest
    SetOption(handle, MYSQL_OPT_WRITE_TIMEOUT, &silence);
    SetOption(handle, MYSQL_OPT_PROTOCOL, &protocol);
    SetOption(handle, MYSQL_OPT_LOCAL_INFILE, &local_files);
    SetOption(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
}

void SetTls(MYSQL* handle, const MysqlOptions& options) {
    if (options.tls == MysqlTls::kDisabled) return;
    const my_bool yes = 1;
    SetOption(handle, MYSQL_OPT_SSL_ENFORCE, &yes);
    if (options.tls != MysqlTls::kVerifyIdentity) return;
    SetOption(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
    if (!options.ca_file.empty()) SetOption(handle, MYSQL_OPT_SSL_CA, options.ca_file.c_str());
}

struct FreeResult {
    void operator()(MYSQL_RES* rows) const { mysql_free_result(rows); }
};
using Rows = std::unique_ptr<MYSQL_RES, FreeResult>;

std::unexpected<Error> LostBefore(std::string_view operation) {
    return std::unexpected(
        ErrorOfMysql(2006, "the connection was lost before", operation, MysqlStep::kStaysUndone));
}

std::vector<std::optional<std::string_view>> ViewOf(MYSQL_ROW row, MYSQL_RES* rows) {
    const unsigned long* const sizes = mysql_fetch_lengths(rows);
    std::vector<std::optional<std::string_view>> view(mysql_num_fields(rows));
    for (std::size_t i = 0; i < view.size(); ++i) {
        if (row[i] != nullptr) view[i] = std::string_view(row[i], sizes[i]);
    }
    return view;
}

}  // namespace

void MysqlConnection::Close::operator()(st_mysql* handle) const { mysql_close(handle); }

Result<MysqlConnection> MysqlConnection::Open(const MysqlOptions& options) {
    MysqlConnection connection(mysql_init(nullptr), options.silence);
    CHECK(connection.handle_ != nullptr);  // only without memory
    if (auto connected = connection.Connect(options); !connected) {
        return std::unexpected(connected.error());
    }
    if (auto ready = connection.SetUpSession(options); !ready) {
        return std::unexpected(ready.error());
    }
    connection.SetPatience(options.silence);
    return connection;
}

Result<void> MysqlConnection::Connect(const MysqlOptions& options) {
    MYSQL* const handle = handle_.get();
    SetOptions(handle, options);
    SetTls(handle, options);
    // No flags: no statements in one text (nothing could be smuggled in), no CLIENT_FOUND_ROWS.
    if (mysql_real_connect(handle, options.host.c_str(), options.user.c_str(),
                           options.password.c_str(), options.database.c_str(), options.port,
                           nullptr, 0) == nullptr) {
        auto failure = Failure("connect to the database", MysqlStep::kStaysUndone);
        failure.error().detail = fmt::format("{} ({})", failure.error().detail, Describe(options));
        return failure;
    }
    // The library goes on in the clear where nothing is verified and the server has no TLS.
    if (options.tls != MysqlTls::kDisabled && mysql_get_ssl_cipher(handle) == nullptr) {
        return ConfigurationError("datasource.url",
                                  fmt::format("{}: the server has no TLS", Describe(options)));
    }
    return {};
}

Result<void> MysqlConnection::SetUpSession(const MysqlOptions& options) {
    // lock_wait_timeout is for the locks of tables that definitions hold; a day as delivered.
    const std::string variables = fmt::format(
        "SET SESSION autocommit = 1, time_zone = '+00:00', sql_mode = "
        "'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,NO_ZERO_DATE,"
        "NO_ZERO_IN_DATE', innodb_lock_wait_timeout = {0}, lock_wait_timeout = {0} "
        "/*M!100300 , idle_transaction_timeout = {1} */",  // MySQL has no such variable
        WholeSeconds(options.lock_wait), limits::kMysqlTransactionIdle.count());
    for (const std::string_view sql :
         {std::string_view(variables),
          std::string_view("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")}) {
        // Not Execute: nothing of a session stays, so a lost answer leaves nothing unknown.
        if (auto run = Run(sql, "set up the session", MysqlStep::kStaysUndone); !run) return run;
        if (auto done = Finish("set up the session", MysqlStep::kStaysUndone); !done) return done;
    }
    return {};
}

Result<void> MysqlConnection::Run(std::string_view sql, std::string_view operation,
                                  MysqlStep step) {
    if (broken_) return LostBefore(operation);
    if (mysql_real_query(handle_.get(), sql.data(), sql.size()) != 0) {
        return Failure(operation, step);
    }
    return {};
}

Result<void> MysqlConnection::Execute(std::string_view sql) {
    const auto step = in_transaction_ ? MysqlStep::kStaysUndone : MysqlStep::kCommits;
    if (auto run = Run(sql, "write to the database", step); !run) return run;
    return Finish("write to the database", step);
}

Result<void> MysqlConnection::Finish(std::string_view operation, MysqlStep step) {
    MYSQL* const handle = handle_.get();
    const Rows rows(mysql_store_result(handle));
    if (rows == nullptr && mysql_field_count(handle) != 0) return Failure(operation, step);
    affected_rows_ = static_cast<std::int64_t>(mysql_affected_rows(handle));
    last_insert_id_ = static_cast<std::int64_t>(mysql_insert_id(handle));
    return {};
}

Result<std::vector<MysqlRow>> MysqlConnection::Query(std::string_view sql) {
    std::vector<MysqlRow> rows;
    const auto visited = Visit(sql, [&](MysqlRowView view) -> Result<void> {
        MysqlRow& row = rows.emplace_back(view.size());
        for (std::size_t i = 0; i < view.size(); ++i) {
            if (view[i]) row[i] = std::string(*view[i]);
        }
        return {};
    });
    if (!visited) return std::unexpected(visited.error());
    return rows;
}

Result<std::optional<MysqlRow>> MysqlConnection::QueryRow(std::string_view sql) {
    auto rows = Query(sql);
    if (!rows) return std::unexpected(std::move(rows.error()));
    if (rows->empty()) return std::nullopt;
    return std::move(rows->front());
}

Result<void> MysqlConnection::Visit(std::string_view sql,
                                    const std::function<Result<void>(MysqlRowView)>& visit) {
    constexpr std::string_view kOperation = "read from the database";
    if (auto run = Run(sql, kOperation, MysqlStep::kStaysUndone); !run) return run;
    // Its end reads and drops what was not fetched.
    const Rows rows(mysql_use_result(handle_.get()));
    if (rows == nullptr) return Failure(kOperation, MysqlStep::kStaysUndone);
    while (MYSQL_ROW row = mysql_fetch_row(rows.get())) {
        if (auto seen = visit(ViewOf(row, rows.get())); !seen) return seen;
    }
    if (mysql_errno(handle_.get()) != 0) return Failure(kOperation, MysqlStep::kStaysUndone);
    return {};
}

std::string MysqlConnection::Quote(std::string_view text) const {
    std::string quoted(2 * text.size() + 3, '\'');  // each byte escaped, two quotes, a terminator
    const unsigned long size =
        mysql_real_escape_string(handle_.get(), quoted.data() + 1, text.data(), text.size());
    quoted.resize(size + 1);
    return quoted + '\'';
}

Result<void> MysqlConnection::Begin() {
    CHECK(!in_transaction_);
    auto begun = Run("START TRANSACTION", "begin", MysqlStep::kStaysUndone);
    in_transaction_ = begun.has_value();
    return begun;
}

Result<void> MysqlConnection::Commit() {
    CHECK(in_transaction_);
    auto committed = Run("COMMIT", "commit", MysqlStep::kCommits);
    if (committed || broken_) in_transaction_ = false;
    return committed;
}

Result<void> MysqlConnection::Rollback() {
    CHECK(in_transaction_);
    auto rolled_back = Run("ROLLBACK", "roll back", MysqlStep::kStaysUndone);
    in_transaction_ = false;
    // What it was in the middle of, the next user of this connection must not commit.
    if (!rolled_back) broken_ = true;
    return rolled_back;
}

Result<void> MysqlConnection::Ping(std::chrono::milliseconds patience) {
    if (broken_) return LostBefore("ping the database");
    SetPatience(patience);
    if (mysql_ping(handle_.get()) != 0) {
        return Failure("ping the database", MysqlStep::kStaysUndone);
    }
    SetPatience(silence_);
    return {};
}

void MysqlConnection::SetPatience(std::chrono::milliseconds patience) {
    // MYSQL_OPT_READ_TIMEOUT counts only before a connection is made.
    MARIADB_PVIO* const transport = handle_->net.pvio;
    if (transport == nullptr) return;  // lost: the next statement says so
    const auto seconds = static_cast<int>(WholeSeconds(patience));
    transport->methods->set_timeout(transport, PVIO_READ_TIMEOUT, seconds);
}

std::uint64_t MysqlConnection::SessionId() const { return mysql_thread_id(handle_.get()); }

std::unexpected<Error> MysqlConnection::Failure(std::string_view operation, MysqlStep step) {
    const unsigned number = mysql_errno(handle_.get());
    // The library lets a connection go for errors of its own, too, whatever their number is.
    if (EndsConnection(number) || handle_->net.pvio == nullptr) broken_ = true;
    return std::unexpected(ErrorOfMysql(number, mysql_error(handle_.get()), operation, step));
}

}  // namespace coupon::ledger
