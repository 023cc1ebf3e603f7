#include "apps/distributed/distributed_metrics.h"

#include <utility>

#include "common/metric_family.h"

namespace coupon {
using prometheus::MetricFamily;

std::vector<MetricFamily> AdmissionFamilies(const admission::RedisAdmissionNumbers& numbers) {
    MetricFamily loads =
        CounterFamily("coupon_redis_loads_total", "Coupons whose admission state was loaded");
    AddCounter(loads, static_cast<double>(numbers.loads), {{"outcome", "loaded"}});
    AddCounter(loads, static_cast<double>(numbers.load_failures), {{"outcome", "failed"}});
    MetricFamily overloaded = CounterFamily("coupon_admission_overloaded_total",
                                            "Requests refused undecided: too many waited here, or "
                                            "they had waited longer than admission.wait_max");
    AddCounter(overloaded, static_cast<double>(numbers.overloaded), {{"reason", "queue_full"}});
    AddCounter(overloaded, static_cast<double>(numbers.shed), {{"reason", "waited"}});
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

}  // namespace coupon
