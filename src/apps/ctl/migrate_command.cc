#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>

#include "apps/ctl/commands.h"
#include "apps/ctl/render.h"
#include "apps/distributed/services.h"
#include "common/distributed_options.h"
#include "common/exit_code.h"
#include "common/service_options.h"
#include "ledger/mysql_migrations.h"

namespace coupon::ctl {
namespace {

namespace json = boost::json;

Result<ledger::MysqlOptions> DatabaseOf(const ConfigSources& sources) {
    const Result<Config> config = Config::Load(CouponApiTable(), sources);
    if (!config) return std::unexpected(config.error());
    const auto options = DistributedOptions::FromConfig(*config);
    if (!options) return std::unexpected(options.error());
    return LedgerOptions(*options);
}

Result<ledger::SchemaState> RunMigration(const ledger::MysqlOptions& database, bool dry_run) {
    auto pool = ledger::MysqlPool::Create(database);
    if (!pool) return std::unexpected(std::move(pool).error());
    ledger::MigrationPlan plan;
    if (dry_run) plan.run = ledger::MigrationRun::kDryRun;
    return ledger::MigrateSchema(**pool, plan);
}

}  // namespace

int Migrate(const MigrateOptions& options, bool as_json, Console console) {
    const auto database = DatabaseOf(options.sources);
    if (!database) return ReportError(console, database.error());
    const auto state = RunMigration(*database, options.dry_run);
    if (!state) return ReportError(console, state.error());
    PrintData(console, as_json,
              json::object{{"database", ledger::Describe(*database)},
                           {"found", state->found},
                           {"wanted", state->wanted},
                           {"applied", json::array(state->applied.begin(), state->applied.end())},
                           {"dryRun", options.dry_run}},
              RenderMigration);
    return kExitOk;
}

}  // namespace coupon::ctl
