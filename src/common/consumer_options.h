#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "common/config.h"
#include "common/distributed_options.h"
#include "common/error.h"
#include "common/log_settings.h"

namespace coupon {

/// Every key of coupon-consumer.
ConfigTable CouponConsumerTable();

/// coupon-consumer's configuration as it is used. Immutable once made.
struct ConsumerServiceOptions {
    std::string application_name;
    std::string server_address;
    std::uint16_t server_port = 0;  ///< 0 = a free one
    std::size_t server_max_connections = 0;
    std::string consumer_name;
    std::size_t consumer_batch_max = 0;  ///< claims
    std::chrono::milliseconds consumer_lease{};
    std::size_t consumer_threads = 1;
    DistributedOptions distributed;
    LogSettings log;
    std::chrono::milliseconds shutdown_grace{};

    /// Asks the machine for its name where consumer.name is not set. Reads the password's file
    /// (blocking). Errors: kConfiguration, `field` is the key.
    static Result<ConsumerServiceOptions> FromConfig(const Config& config);
};

}  // namespace coupon
