#pragma once

#include <memory>
#include <string>

#include "admission/redis_admission.h"
#include "apps/service_mode.h"
#include "common/clock.h"
#include "common/limits_distributed.h"
#include "common/log.h"
#include "common/service_options.h"
#include "ledger/mysql_pool.h"
#include "redis/redis_options.h"

namespace coupon {

/// Several processes: Redis decides, the database is the ledger, coupon-consumer writes it.
class DistributedMode final : public ServiceMode {
public:
    /// Brings the ledger's schema up or checks it (ledger.migrate), then connects to Redis; each is
    /// waited for, for limits::kServicesAwaitedAtStart. `clock` and `log` must outlive the object.
    /// Errors: kConfiguration (a URL, the schema, a Redis that may forget), kUnavailable (one of
    /// the two is not there).
    static Result<std::unique_ptr<ServiceMode>> Open(const ServiceOptions& options,
                                                     const Clock& clock, const Logger& log);

    admission::Admission& Admission() override { return *admission_; }
    const ModeFacts& Facts() const override { return facts_; }
    Result<std::unique_ptr<http::api::QueryStore>> OpenQueryStore() override;
    /// Nothing beside a Redis that is not connected: while the database is away claims are
    /// accepted, and wait in Redis.
    std::optional<std::string> WhyNotReady() const override { return std::nullopt; }
    std::vector<prometheus::MetricFamily> Families() const override;

private:
    DistributedMode(const ServiceOptions& options, redis::RedisOptions redis,
                    std::unique_ptr<ledger::MysqlPool> pool,
                    std::unique_ptr<admission::RedisAdmission> admission);

    const redis::RedisOptions redis_;
    const std::unique_ptr<ledger::MysqlPool> pool_;
    const std::unique_ptr<admission::RedisAdmission> admission_;
    const ModeFacts facts_;
};

}  // namespace coupon
