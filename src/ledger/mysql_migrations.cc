#include "ledger/mysql_migrations.h"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "common/config_values.h"
#include "common/limits.h"
#include "common/parse_number.h"
#include "ledger/mysql_named_lock.h"
#include "ledger/mysql_values.h"

namespace coupon::ledger {
namespace {

/// Of the whole server: two databases of one server wait for each other, which does no harm.
constexpr std::string_view kLockName = "coupon_migrate";

std::int64_t NumberIn(const std::optional<MysqlRow>& row, std::size_t column) {
    if (!row || !row->at(column)) return 0;
    return ParseWhole<std::int64_t>(*row->at(column)).value_or(0);
}

std::unexpected<Error> Refused(std::string detail) {
    return std::unexpected(Error{.code = ErrorCode::kConfiguration,
                                 .operation = "check the schema",
                                 .applied = Applied::kNo,
                                 .retry_is_safe = false,
                                 .detail = std::move(detail)});
}

/// The version recorded; 0 without the table. A crash between the table and its first row is 0,
/// too.
Result<int> FoundVersion(MysqlConnection& connection) {
    auto tables = connection.QueryRow(
        "SELECT count(*) FROM information_schema.tables WHERE table_schema = DATABASE() AND "
        "table_name = 'schema_version'");
    if (!tables) return std::unexpected(tables.error());
    if (NumberIn(*tables, 0) == 0) return 0;
    auto versions =
        connection.QueryRow("SELECT count(*), coalesce(max(version), 0) FROM schema_version");
    if (!versions) return std::unexpected(versions.error());
    const std::int64_t last = NumberIn(*versions, 1);
    if (NumberIn(*versions, 0) != last) {
        return DamagedRow("schema_version: the list of versions has a gap");
    }
    return static_cast<int>(last);
}

Result<SchemaState> StateOf(MysqlConnection& connection, const MysqlOptions& options,
                            std::span<const SchemaScript> scripts) {
    const auto found = FoundVersion(connection);
    if (!found) return std::unexpected(found.error());
    SchemaState state{.found = *found, .wanted = scripts.empty() ? 0 : scripts.back().version};
    if (state.found > state.wanted) {
        return Refused(
            fmt::format("the schema of {} is at {}, newer than the {} that this program knows: "
                        "start the newer program",
                        Describe(options), state.found, state.wanted));
    }
    return state;
}

Result<void> Apply(MysqlConnection& connection, const SchemaScript& script) {
    const auto fail = [&](Error error) {
        error.operation = fmt::format("migrate to schema {}", script.version);
        error.applied = Applied::kUnknown;  // the statements before it stay
        return std::unexpected(std::move(error));
    };
    for (const std::string_view statement : SplitStatements(script.sql)) {
        if (auto run = connection.Execute(statement); !run) return fail(run.error());
    }
    const auto recorded =
        connection.Execute(fmt::format("INSERT INTO schema_version (version, name, date_applied) "
                                       "VALUES ({}, {}, UTC_TIMESTAMP(6))",
                                       script.version, connection.Quote(script.name)));
    if (!recorded) return fail(recorded.error());
    return {};
}

Result<SchemaState> ApplyMissing(MysqlConnection& connection, const MysqlOptions& options,
                                 const MigrationPlan& plan) {
    auto state = StateOf(connection, options, plan.scripts);
    if (!state) return state;
    const bool apply = plan.run == MigrationRun::kApply;
    if (apply && state->found < state->wanted) {
        auto created = connection.Execute(
            "CREATE TABLE IF NOT EXISTS schema_version (version int NOT NULL PRIMARY KEY, name "
            "varchar(100) NOT NULL, date_applied datetime(6) NOT NULL) ENGINE = InnoDB DEFAULT "
            "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
        if (!created) return std::unexpected(created.error());
    }
    for (const SchemaScript& script : plan.scripts) {
        if (script.version <= state->found) continue;
        if (apply) {
            if (auto applied = Apply(connection, script); !applied) {
                return std::unexpected(applied.error());
            }
        }
        state->applied.push_back(script.version);
    }
    return state;
}

Result<void> TakeMigrationLock(MysqlConnection& connection, std::chrono::seconds wait) {
    auto taken = TakeNamedLock(connection, fmt::format("'{}'", kLockName), wait);
    if (!taken) return std::unexpected(taken.error());
    if (*taken) return {};
    return std::unexpected(
        Error{.code = ErrorCode::kUnavailable,
              .operation = "migrate the schema",
              .applied = Applied::kNo,
              .retry_is_safe = true,
              .detail = fmt::format("another program migrates for longer than {}",
                                    FormatConfigDuration(wait))});
}

}  // namespace

std::vector<std::string_view> SplitStatements(std::string_view sql) {
    constexpr std::string_view kEnd = ";\n";
    std::vector<std::string_view> statements;
    while (sql.find_first_not_of(" \n") != std::string_view::npos) {
        const std::size_t end = sql.find(kEnd);
        statements.push_back(sql.substr(0, end));
        sql = end == std::string_view::npos ? std::string_view{} : sql.substr(end + kEnd.size());
    }
    return statements;
}

Result<SchemaState> CheckSchema(MysqlPool& pool, std::span<const SchemaScript> scripts) {
    auto lease = pool.Take();
    if (!lease) return std::unexpected(lease.error());
    auto state = StateOf(**lease, pool.Options(), scripts);
    if (state && state->found < state->wanted) {
        return Refused(
            fmt::format("the schema of {} is at {}, this program wants {}: run "
                        "couponctl migrate",
                        Describe(pool.Options()), state->found, state->wanted));
    }
    return state;
}

Result<SchemaState> MigrateSchema(MysqlPool& pool, const MigrationPlan& plan) {
    auto lease = pool.Take();
    if (!lease) return std::unexpected(lease.error());
    MysqlConnection& connection = **lease;
    if (auto locked = TakeMigrationLock(connection, plan.wait); !locked) {
        return std::unexpected(locked.error());
    }
    auto state = ApplyMissing(connection, pool.Options(), plan);
    auto released = connection.QueryRow(fmt::format("SELECT RELEASE_LOCK('{}')", kLockName));
    if (!released) connection.SetBroken();  // closing it releases the lock
    return state;
}

Result<std::string> DurabilityWarning(MysqlPool& pool) {
    auto lease = pool.Take();
    if (!lease) return std::unexpected(lease.error());
    auto row =
        (*lease)->QueryRow("SELECT @@innodb_flush_log_at_trx_commit, @@log_bin, @@sync_binlog");
    if (!row) return std::unexpected(row.error());
    std::string warning;
    if (const auto flush = NumberIn(*row, 0); flush != 1) {
        warning = fmt::format("innodb_flush_log_at_trx_commit is {}, not 1", flush);
    }
    const auto sync = NumberIn(*row, 2);
    if (NumberIn(*row, 1) != 0 && sync != 1) {
        warning += fmt::format("{}log_bin is on and sync_binlog is {}, not 1",
                               warning.empty() ? "" : "; ", sync);
    }
    if (warning.empty()) return warning;
    return warning + ": a power loss of the database's machine may take back what it committed";
}

}  // namespace coupon::ledger
