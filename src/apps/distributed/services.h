#pragma once

#include <memory>
#include <string>

#include "common/distributed_options.h"
#include "common/error.h"
#include "common/limits_distributed.h"
#include "common/log.h"
#include "ledger/mysql_options.h"
#include "ledger/mysql_pool.h"
#include "redis/redis_options.h"

namespace coupon {

// From the configuration of the distributed mode to its services.

/// Errors: kConfiguration, of datasource.url.
Result<ledger::MysqlOptions> LedgerOptions(const DistributedOptions& options);

/// `client_name` is what CLIENT LIST shows. Errors: kConfiguration, of redis.url, or of
/// redis.ca_file where nothing is encrypted.
Result<redis::RedisOptions> QueueOptions(const DistributedOptions& options,
                                         std::string client_name);

/// What can be wrong with either before anybody is asked. Errors: as the two above.
Result<void> CheckServices(const DistributedOptions& options);

/// A pool to a database whose schema was brought up or checked, as ledger.migrate says; warns of
/// one that is not durable. A database that cannot be reached is waited for, for
/// limits::kServicesAwaitedAtStart. Blocking. Errors: as LedgerOptions, MigrateSchema and
/// CheckSchema.
Result<std::unique_ptr<ledger::MysqlPool>> OpenLedger(const DistributedOptions& options,
                                                      const Logger& log);

}  // namespace coupon
