#include "apps/distributed/services.h"

#include <utility>

#include "apps/distributed/await_service.h"
#include "common/config_values.h"
#include "ledger/mysql_migrations.h"
#include "redis/redis_url.h"

namespace coupon {
namespace {

/// The warning, if there is one, of a database whose schema fits.
Result<std::string> Prepare(ledger::MysqlPool& pool, LedgerMigration migration) {
    const auto schema = migration == LedgerMigration::kAuto ? ledger::MigrateSchema(pool)
                                                            : ledger::CheckSchema(pool);
    if (!schema) return std::unexpected(schema.error());
    return ledger::DurabilityWarning(pool);
}

}  // namespace

Result<ledger::MysqlOptions> LedgerOptions(const DistributedOptions& options) {
    auto ledger = ledger::ParseMysqlUrl(options.datasource_url);
    if (!ledger) return ledger;
    ledger->ca_file = options.datasource_ca_file;
    ledger->user = options.datasource_username;
    if (options.datasource_password) ledger->password = options.datasource_password->Reveal();
    ledger->maximum_pool_size = options.datasource_maximum_pool_size;
    ledger->max_lifetime = options.datasource_max_lifetime;
    ledger->connection_timeout = options.datasource_connection_timeout;
    return ledger;
}

Result<redis::RedisOptions> QueueOptions(const DistributedOptions& options,
                                         std::string client_name) {
    auto url = redis::RedisUrl::Parse(options.redis_url);
    if (!url) return std::unexpected(std::move(url).error());
    if (!options.redis_ca_file.empty() && !url->tls) {
        return ConfigurationError("redis.ca_file",
                                  "set, but redis.url is not encrypted; allowed: with rediss://");
    }
    redis::RedisOptions redis;
    redis.url = *std::move(url);
    redis.ca_file = options.redis_ca_file;
    redis.client_name = std::move(client_name);
    return redis;
}

Result<void> CheckServices(const DistributedOptions& options) {
    if (const auto ledger = LedgerOptions(options); !ledger) {
        return std::unexpected(ledger.error());
    }
    if (const auto redis = QueueOptions(options, {}); !redis) {
        return std::unexpected(redis.error());
    }
    return {};
}

Result<std::unique_ptr<ledger::MysqlPool>> OpenLedger(const DistributedOptions& options,
                                                      const Logger& log) {
    auto ledger = LedgerOptions(options);
    if (!ledger) return std::unexpected(std::move(ledger).error());
    const std::string where = Describe(*ledger);
    auto pool = ledger::MysqlPool::Create(*std::move(ledger));
    if (!pool) return std::unexpected(std::move(pool).error());
    const auto warning = AwaitService("the ledger at " + where, log,
                                      [&] { return Prepare(**pool, options.ledger_migrate); });
    if (!warning) return std::unexpected(warning.error());
    if (!warning->empty()) log.Warning("the ledger is not durable", {{"why", *warning}});
    log.Info("ledger", {{"url", where}});
    return pool;
}

}  // namespace coupon
