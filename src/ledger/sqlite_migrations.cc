#include "ledger/sqlite_migrations.h"

#include <fmt/format.h>

#include <string>

namespace coupon::ledger {
namespace {

Result<int> RecordedVersion(Connection& connection) {
    Result<std::int64_t> versions = connection.QueryInt("SELECT count(*) FROM schema_version");
    if (!versions) return std::unexpected(versions.error());
    Result<std::int64_t> last =
        connection.QueryInt("SELECT coalesce(max(version), 0) FROM schema_version");
    if (!last) return std::unexpected(last.error());
    if (*versions == 0 || *last != *versions) {
        return connection.Damaged("its list of schema versions has a gap");
    }
    return static_cast<int>(*last);
}

Result<void> ApplyScript(Connection& connection, const SchemaScript& script) {
    const std::string record = fmt::format(
        "INSERT INTO schema_version(version, name, date_applied) "
        "VALUES ({}, '{}', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));",
        script.version, script.name);
    Result<void> applied = connection.Execute(
        fmt::format("BEGIN IMMEDIATE;\n{}\n{}\nPRAGMA application_id = {};\nCOMMIT;", script.sql,
                    record, kApplicationId));
    if (applied) return {};
    applied.error().operation = fmt::format("migrate to schema {}", script.version);
    // SQLite rolls back by itself after some errors; an open transaction here is the other case.
    if (sqlite3_get_autocommit(connection.Handle()) == 0) (void)connection.Execute("ROLLBACK");
    return applied;
}

}  // namespace

Result<int> CheckIdentity(Connection& connection, std::span<const SchemaScript> scripts) {
    Result<std::int64_t> application = connection.QueryInt("PRAGMA application_id");
    if (!application) return std::unexpected(application.error());
    Result<std::int64_t> objects = connection.QueryInt("SELECT count(*) FROM sqlite_schema");
    if (!objects) return std::unexpected(objects.error());
    if (*application == 0 && *objects == 0) return 0;
    if (*application != kApplicationId) {
        return connection.Damaged("it is an SQLite database, but not one of the coupon service");
    }
    Result<int> version = RecordedVersion(connection);
    if (!version) return version;
    const int newest = scripts.empty() ? 0 : scripts.back().version;
    if (*version > newest) {
        return connection.Damaged(
            fmt::format("it was written by a newer program (schema {}, this one knows {}): "
                        "start that one, or go back to a backup made before it",
                        *version, newest));
    }
    return version;
}

Result<void> Migrate(Connection& connection, int version, std::span<const SchemaScript> scripts) {
    for (const SchemaScript& script : scripts) {
        if (script.version <= version) continue;
        if (Result<void> applied = ApplyScript(connection, script); !applied) return applied;
    }
    return {};
}

}  // namespace coupon::ledger
