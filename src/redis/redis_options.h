#pragma once

#include <chrono>
#include <filesystem>
#include <string>

#include "common/limits_distributed.h"
#include "redis/redis_url.h"

namespace coupon::redis {

/// How to reach Redis. The durations differ from the named limits in tests only.
struct RedisOptions {
    RedisUrl url = {};
    /// PEM file of the authorities that rediss:// trusts; empty: the system's.
    std::filesystem::path ca_file = {};
    /// rediss:// only: the certificate must be valid and name the host. Off: encrypted, but to
    /// whoever answers.
    bool verify_peer = true;
    /// As which CLIENT LIST shows the connection; no blanks.
    std::string client_name = "coupon";

    std::chrono::milliseconds connect_timeout = limits::kRedisConnectTimeout;
    std::chrono::milliseconds overdue = limits::kRedisOverdue;
    std::chrono::milliseconds backoff_first = limits::kRedisBackoffFirst;
    std::chrono::milliseconds backoff_max = limits::kRedisBackoffMax;
    std::chrono::milliseconds ping_interval = limits::kRedisPingInterval;
    std::chrono::milliseconds silence = limits::kRedisSilence;
};

}  // namespace coupon::redis
