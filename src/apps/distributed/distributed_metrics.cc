#include "apps/distributed/distributed_metrics.h"

#include <string>
#include <utility>

#include "common/metric_cells.h"
#include "common/metric_family.h"

namespace coupon {
namespace {

using prometheus::MetricFamily;

MetricFamily OneCounter(std::string name, std::string help, std::uint64_t value) {
    MetricFamily family = CounterFamily(std::move(name), std::move(help));
    AddCounter(family, static_cast<double>(value));
    return family;
}

}  // namespace

std::vector<MetricFamily> AdmissionFamilies(const admission::RedisAdmissionNumbers& numbers) {
    MetricFamily loads =
        CounterFamily("coupon_redis_loads_total", "Coupons whose admission state was loaded");
    AddCounter(loads, static_cast<double>(numbers.loads), {{"outcome", "loaded"}});
    AddCounter(loads, static_cast<double>(numbers.load_failures), {{"outcome", "failed"}});
    MetricFamily overloaded =
        CounterFamily("coupon_admission_overloaded_total",
                      "Requests refused undecided: too many waited here, or they had waited longer "
                      "than admission.wait_max");
    AddCounter(overloaded, static_cast<double>(numbers.overloaded), {{"reason", "queue_full"}});
    return {
        OneCounter("coupon_redis_batches_total", "Answered calls of the claim script",
                   numbers.batches),
        OneCounter("coupon_redis_batched_claims_total", "Claims in them", numbers.batched_claims),
        OneCounter("coupon_redis_cached_refusals_total", "Claims refused without asking Redis",
                   numbers.cached_refusals),
        OneCounter("coupon_admission_unknown_total", "Claims whose outcome is not known",
                   numbers.unknown),
        std::move(overloaded),
        std::move(loads)};
}

std::vector<MetricFamily> PoolFamilies(const ledger::MysqlPoolNumbers& pool) {
    MetricFamily connections =
        GaugeFamily("coupon_datasource_connections", "Connections to the ledger by state");
    AddGauge(connections, static_cast<double>(pool.active), {{"state", "active"}});
    AddGauge(connections, static_cast<double>(pool.idle), {{"state", "idle"}});
    AddGauge(connections, static_cast<double>(pool.pending), {{"state", "pending"}});
    AddGauge(connections, static_cast<double>(pool.max), {{"state", "max"}});
    MetricFamily acquire =
        HistogramFamily("coupon_datasource_acquire_seconds", "Time to get a connection");
    AddHistogram(acquire, pool.acquire, kSecondsBoundsNanoseconds, kNanosecondsPerSecond);
    return {std::move(connections),
            OneCounter("coupon_datasource_timeouts_total",
                       "Times that no connection was free within datasource.connection_timeout",
                       pool.timeouts),
            std::move(acquire)};
}

}  // namespace coupon
