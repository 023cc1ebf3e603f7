#include "apps/distributed/distributed_mode.h"

#include <iterator>
#include <utility>

#include "apps/distributed/await_service.h"
#include "apps/distributed/datasource_metrics.h"
#include "apps/distributed/distributed_metrics.h"
#include "apps/distributed/distributed_store.h"
#include "apps/distributed/services.h"
#include "redis/redis_url.h"

namespace coupon {
namespace {

admission::RedisAdmissionOptions AdmissionOptions(const ServiceOptions& options,
                                                  const redis::RedisOptions& redis) {
    return {.redis = redis,
            .wait_max = options.admission_wait_max,
            .reply_after = options.admission_reply_after,
            .reply_timeout = options.admission_reply_timeout,
            .cache_ttl = options.cache_ttl,
            .cache_entries_max = static_cast<std::int64_t>(options.cache_entries_max),
            .backlog_max = options.queue_backlog_max};
}

}  // namespace

Result<std::unique_ptr<ServiceMode>> DistributedMode::Open(const ServiceOptions& options,
                                                           const Clock& clock, const Logger& log) {
    // Both are read before either is waited for.
    auto redis = QueueOptions(*options.distributed, "coupon-api");
    if (!redis) return std::unexpected(std::move(redis).error());
    auto pool = OpenLedger(*options.distributed, log);
    if (!pool) return std::unexpected(std::move(pool).error());
    auto admission = AwaitService("Redis at " + Describe(redis->url), log, [&] {
        return admission::RedisAdmission::Open(AdmissionOptions(options, *redis), **pool, clock);
    });
    if (!admission) return std::unexpected(std::move(admission).error());
    log.Info("redis", {{"url", Describe(redis->url)}, {"durability", (*admission)->Durability()}});
    return std::unique_ptr<ServiceMode>(
        new DistributedMode(options, *std::move(redis), *std::move(pool), *std::move(admission)));
}

DistributedMode::DistributedMode(const ServiceOptions& options, redis::RedisOptions redis,
                                 std::unique_ptr<ledger::MysqlPool> pool,
                                 std::unique_ptr<admission::RedisAdmission> admission)
    : redis_(std::move(redis)),
      pool_(std::move(pool)),
      admission_(std::move(admission)),
      facts_{.info = {.application = options.application_name,
                      .version = COUPON_VERSION,
                      .mode = "distributed",
                      .store = "mysql",
                      .ack_level = admission_->Level(),
                      .reply_after = std::string(ToString(options.admission_reply_after)),
                      .path = http::api::AdmissionPath::kRedis},
             .place = Describe(pool_->Options())} {}

Result<std::unique_ptr<http::api::QueryStore>> DistributedMode::OpenQueryStore() {
    return DistributedStore::Open(*admission_, *pool_, redis_);
}

std::vector<prometheus::MetricFamily> DistributedMode::Families() const {
    auto families = AdmissionFamilies(admission_->Numbers());
    auto pool = DatasourceFamilies(pool_->Numbers());
    families.insert(families.end(), std::make_move_iterator(pool.begin()),
                    std::make_move_iterator(pool.end()));
    return families;
}

}  // namespace coupon
