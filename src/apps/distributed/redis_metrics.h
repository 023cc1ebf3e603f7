#pragma once

#include <prometheus/metric_family.h>

#include <vector>

#include "redis/redis_numbers.h"

namespace coupon {

/// What a scrape of either program shows of its connections to Redis: coupon_redis_commands_total,
/// coupon_redis_failures_total{class}, coupon_redis_late_replies_total,
/// coupon_redis_connections_total{outcome}, coupon_redis_commands_in_flight and
/// coupon_redis_command_seconds. Pure; any thread.
std::vector<prometheus::MetricFamily> RedisFamilies(const redis::RedisNumbers& numbers);

}  // namespace coupon
