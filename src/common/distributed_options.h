#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/config.h"
#include "common/error.h"
#include "common/password.h"

namespace coupon {

/// What is done with the ledger's tables at a start.
enum class LedgerMigration : std::uint8_t {
    kAuto,   ///< an older schema is brought up
    kCheck,  ///< an older schema is refused; `couponctl migrate` brings it up
};

/// redis.*, datasource.* and ledger.migrate: the keys that every program of the distributed mode
/// has.
std::vector<ConfigOption> DistributedOptionsOfTable();

/// Their values as they are used. URLs are texts here: src/redis and src/ledger know their forms.
/// Immutable once made.
struct DistributedOptions {
    std::string redis_url;
    std::filesystem::path redis_ca_file;  ///< empty: the system's authorities
    std::string datasource_url;
    std::filesystem::path datasource_ca_file = {};  ///< empty: the system's authorities
    std::string datasource_username;
    std::optional<Password> datasource_password;
    std::size_t datasource_maximum_pool_size = 0;
    std::chrono::milliseconds datasource_max_lifetime{};
    std::chrono::milliseconds datasource_connection_timeout{};
    LedgerMigration ledger_migrate = LedgerMigration::kAuto;

    /// Of a table that has DistributedOptionsOfTable's keys. Reads the password's file (blocking).
    /// Errors: kConfiguration, `field` is the key: no text where one is needed, a password file
    /// that cannot be used.
    static Result<DistributedOptions> FromConfig(const Config& config);
};

}  // namespace coupon
