#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "common/limits_distributed.h"
#include "ledger/mysql_pool.h"
#include "ledger/schema_scripts.h"

namespace coupon::ledger {

/// The statements of a script; comments stay with the statement after them. Pure.
std::vector<std::string_view> SplitStatements(std::string_view sql);

struct SchemaState {
    int found = 0;  ///< the version of the database; 0: none of our tables
    int wanted = 0;  ///< this program's
    std::vector<int> applied = {};  ///< by this call; of a dry run: what it would apply
};

enum class MigrationRun { kApply, kDryRun };

/// How to migrate. The members differ from their defaults in dry runs and tests only.
struct MigrationPlan {
    MigrationRun run = MigrationRun::kApply;
    std::span<const SchemaScript> scripts = MysqlSchemaScripts();
    std::chrono::seconds wait = limits::kMysqlMigrationWait;  ///< for another who migrates
};

/// Whether the database has exactly this schema. Errors: kConfiguration with both versions and what
/// to do when it is older ("run couponctl migrate") or newer; kDamaged when the list of versions
/// has a gap; as MysqlPool::Take. Blocking.
Result<SchemaState> CheckSchema(MysqlPool& pool,
                                std::span<const SchemaScript> scripts = MysqlSchemaScripts());
/// Runs what is missing, each script recorded in schema_version, under a lock of the server, so
/// that of several processes one migrates and the others find it done. Errors: as CheckSchema for a
/// newer schema and a gap; kUnavailable when another migrates for longer than plan.wait; of a
/// script: applied kUnknown, it may be half done; run it again. Blocking.
Result<SchemaState> MigrateSchema(MysqlPool& pool, const MigrationPlan& plan = {});

/// Why a yes of this server would not survive a power loss: innodb_flush_log_at_trx_commit is not
/// 1, or log_bin is on with sync_binlog not 1. Empty: it would. Blocking.
Result<std::string> DurabilityWarning(MysqlPool& pool);

}  // namespace coupon::ledger
