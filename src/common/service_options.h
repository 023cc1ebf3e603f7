#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "common/config.h"
#include "common/distributed_options.h"
#include "common/error.h"
#include "common/limits.h"
#include "common/log_settings.h"
#include "common/reply_after.h"
#include "common/secret.h"

namespace coupon {

/// Every key of coupon-api.
ConfigTable CouponApiTable();

/// Where claims are decided.
enum class AdmissionStore : std::uint8_t { kEmbedded, kRedis };
std::string_view ToString(AdmissionStore store);

/// coupon-api's configuration as it is used. Immutable once made.
struct ServiceOptions {
    Profile profile = Profile::kLocal;
    std::string application_name;
    std::string server_address;  ///< numeric IPv4 or IPv6
    std::uint16_t server_port = 0;  ///< 0 = a free one
    std::size_t server_threads = 1;  ///< resolved: 1 to limits::kEventLoopsMax
    std::size_t server_max_connections = 0;
    std::filesystem::path data_dir;
    AdmissionStore admission_store = AdmissionStore::kEmbedded;
    ReplyAfter admission_reply_after = ReplyAfter::kAdmission;
    std::chrono::milliseconds admission_reply_timeout{};
    std::chrono::milliseconds cache_ttl{};
    std::size_t cache_entries_max = 0;
    std::int64_t queue_backlog_max = 0;  ///< claims of one coupon
    std::optional<DistributedOptions> distributed;  ///< with AdmissionStore::kRedis, else absent
    std::optional<Secret> operator_token;
    std::optional<Secret> service_token;
    LogSettings log;
    std::chrono::milliseconds admission_wait_max{};
    std::chrono::milliseconds shutdown_grace{};
    std::chrono::milliseconds shutdown_readiness_delay{};
    bool demo_coupon = false;

    /// The rules between keys: an address must be numeric; prod needs both tokens; any other
    /// profile serves a non-loopback address only with both tokens; the demo coupon is the embedded
    /// store's. Reads the files of secrets (blocking), the distributed mode's only where it is on.
    /// Errors: kConfiguration, `field` is the key.
    static Result<ServiceOptions> FromConfig(const Config& config);
};

}  // namespace coupon
