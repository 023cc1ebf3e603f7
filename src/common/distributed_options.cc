#include "common/distributed_options.h"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "common/config_values.h"
#include "common/limits.h"
#include "common/limits_distributed.h"

namespace coupon {
namespace {

constexpr std::int64_t kLifetimeMaxMilliseconds =
    std::chrono::milliseconds{limits::kMysqlLifetimeMax}.count();
constexpr std::int64_t kTimeoutMaxMilliseconds =
    std::chrono::milliseconds{limits::kMysqlConnectionTimeoutMax}.count();

// A text of the table that is made of limits; a table's texts must outlive it.
std::string_view PasswordFileNote() {
    static const std::string kText =
        fmt::format("1 to {} bytes, no access for other users", limits::kSecretBytesMax);
    return kText;
}

/// A text that some program cannot do without.
Result<std::string> NeededText(const Config& config, std::string_view key) {
    std::string text = config.GetString(key);
    if (!text.empty()) return text;
    return ConfigurationError(std::string(key),
                              fmt::format("empty ({}); a value is needed", config.OriginOf(key)));
}

/// Whether a connection can be waited for as long as it may take, and used afterwards.
Result<void> CheckTimes(const DistributedOptions& options, const Config& config) {
    if (options.datasource_connection_timeout < options.datasource_max_lifetime) return {};
    constexpr std::string_view kKey = "datasource.max_lifetime";
    return ConfigurationError(
        std::string(kKey),
        fmt::format("{} ({}) is refused; allowed: more than datasource.connection_timeout, {}",
                    FormatConfigDuration(options.datasource_max_lifetime), config.OriginOf(kKey),
                    FormatConfigDuration(options.datasource_connection_timeout)));
}

}  // namespace

std::vector<ConfigOption> DistributedOptionsOfTable() {
    return {
        {.key = "redis.url",
         .default_text = "redis://127.0.0.1:6380",
         .secret = true,
         .help = "Where claims are decided in the distributed mode",
         .note = "redis://, rediss:// for TLS, redis+cluster:// or redis+sentinel://"},
        {.key = "redis.ca_file",
         .type = OptionType::kPath,
         .help = "PEM file of the authorities that rediss:// trusts; none = the system's"},
        {.key = "datasource.url",
         .default_text = "mysql://127.0.0.1:3306/coupon",
         .help = "The ledger's database in the distributed mode",
         .note = "mysql://host[:port]/database; user and password have keys of their own; TLS: "
                 "?sslMode=REQUIRED, or VERIFY_IDENTITY, which looks at the certificate, too"},
        {.key = "datasource.ca_file",
         .type = OptionType::kPath,
         .help = "PEM file of the authorities that sslMode=VERIFY_IDENTITY trusts; none = the "
                 "system's"},
        {.key = "datasource.username",
         .default_text = "root",
         .help = "As whom the database is spoken to"},
        {.key = "datasource.password_file",
         .type = OptionType::kSecretFile,
         .help = "File with the password for the database; none = no password",
         .note = PasswordFileNote()},
        {.key = "datasource.maximum_pool_size",
         .type = OptionType::kInteger,
         .unit = "connections",
         .default_text = "10",
         .min = std::int64_t{limits::kMysqlPoolSizeMin},
         .max = std::int64_t{limits::kMysqlPoolSizeMax},
         .help = "Connections to the database at a time; an operator's change needs two"},
        {.key = "datasource.max_lifetime",
         .type = OptionType::kDuration,
         .default_text = "30min",
         .min = 1'000,
         .max = kLifetimeMaxMilliseconds,
         .help = "Age at which a connection is replaced; must be above the time-out"},
        {.key = "datasource.connection_timeout",
         .type = OptionType::kDuration,
         .default_text = "3s",
         .min = 1,
         .max = kTimeoutMaxMilliseconds,
         .help = "How long a connection is waited for, one of the pool or a new one"},
        {.key = "ledger.migrate",
         .type = OptionType::kEnum,
         .default_text = "auto",
         .choices = {"auto", "check"},
         .profile_defaults = {{Profile::kProd, "check"}},
         .help = "auto brings an older schema up at the start; check refuses it: run couponctl "
                 "migrate"},
    };
}

Result<DistributedOptions> DistributedOptions::FromConfig(const Config& config) {
    DistributedOptions options;
    for (const auto& [key, text] :
         {std::pair{"redis.url", &options.redis_url},
          std::pair{"datasource.url", &options.datasource_url},
          std::pair{"datasource.username", &options.datasource_username}}) {
        Result<std::string> needed = NeededText(config, key);
        if (!needed) return std::unexpected(std::move(needed).error());
        *text = *std::move(needed);
    }
    options.redis_ca_file = config.GetPath("redis.ca_file");
    options.datasource_ca_file = config.GetPath("datasource.ca_file");
    options.datasource_maximum_pool_size =
        static_cast<std::size_t>(config.GetInteger("datasource.maximum_pool_size"));
    options.datasource_max_lifetime = config.GetDuration("datasource.max_lifetime");
    options.datasource_connection_timeout = config.GetDuration("datasource.connection_timeout");
    options.ledger_migrate = config.GetEnum("ledger.migrate") == "check" ? LedgerMigration::kCheck
                                                                         : LedgerMigration::kAuto;
    const std::string_view password_key = "datasource.password_file";
    if (const auto file = config.GetPath(password_key); !file.empty()) {
        auto password = ReadPasswordFile(file, password_key);
        if (!password) return std::unexpected(password.error());
        options.datasource_password = *password;
    }
    if (auto ok = CheckTimes(options, config); !ok) return std::unexpected(ok.error());
    return options;
}

}  // namespace coupon
