#include "apps/distributed/redis_metrics.h"

#include <cstddef>
#include <string>
#include <utility>

#include "common/metric_cells.h"
#include "common/metric_family.h"

namespace coupon {
using prometheus::MetricFamily;

std::vector<MetricFamily> RedisFamilies(const redis::RedisNumbers& numbers) {
    MetricFamily failures = CounterFamily("coupon_redis_failures_total",
                                          "Commands of Redis that failed, by class of failure");
    for (std::size_t i = 0; i < redis::kRedisFailures; ++i) {
        const auto failure = static_cast<redis::RedisFailure>(i);
        AddCounter(failures, static_cast<double>(numbers.failures[i]),
                   {{"class", std::string(redis::ToString(failure))}});
    }
    MetricFamily connections =
        CounterFamily("coupon_redis_connections_total",
                      "Connections to Redis: made (the first of each client and every one after a "
                      "loss), lost, and attempts that failed");
    AddCounter(connections, static_cast<double>(numbers.connections), {{"outcome", "made"}});
    AddCounter(connections, static_cast<double>(numbers.connections_lost), {{"outcome", "lost"}});
    AddCounter(connections, static_cast<double>(numbers.connections_failed),
               {{"outcome", "failed"}});
    return {OneCounter("coupon_redis_commands_total", "Commands given to Redis, failed ones too",
                       numbers.commands),
            std::move(failures),
            OneCounter("coupon_redis_late_replies_total",
                       "Replies that came after their command had timed out", numbers.late_replies),
            std::move(connections),
            OneGauge("coupon_redis_commands_in_flight", "Commands written and not answered",
                     static_cast<double>(numbers.in_flight)),
            OneHistogram("coupon_redis_command_seconds", "From a command's write to its reply",
                         numbers.round_trip, kSecondsBoundsNanoseconds, kNanosecondsPerSecond)};
}

}  // namespace coupon
