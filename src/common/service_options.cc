#include "common/service_options.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "common/check.h"
#include "common/config_values.h"
#include "common/limits.h"

namespace coupon {
namespace {

constexpr std::int64_t kShutdownMaxMilliseconds =
    std::chrono::milliseconds{limits::kShutdownMax}.count();

// Texts of the table that are made of limits; a table's texts must outlive it.

std::string_view ConnectionsDefaultText() {
    static const std::string text = std::to_string(limits::kConnectionsDefault);
    return text;
}

std::string_view TokenFileNote() {
    static const std::string text = fmt::format(
        "required in profile prod; {} to {} visible ASCII bytes, "
        "no access for other users",
        limits::kSecretBytesMin, limits::kSecretBytesMax);
    return text;
}

std::vector<ConfigOption> ServerOptionsOfTable() {
    return {
        {.key = "server.address",
         .default_text = "127.0.0.1",
         .profile_defaults = {{Profile::kProd, "0.0.0.0"}},
         .help = "Address to listen on",
         .note = "a numeric IPv4 or IPv6 address; "
                 "outside prod one that is not loopback needs both tokens"},
        {.key = "server.port",
         .type = OptionType::kInteger,
         .default_text = "8080",
         .max = 65'535,
         .help = "Port to listen on; 0 takes a free one"},
        {.key = "server.threads",
         .type = OptionType::kInteger,
         .unit = "event loops",
         .default_text = "0",
         .max = std::int64_t{limits::kEventLoopsMax},
         .help = "Threads that serve connections; 0 = one a core"},
        {.key = "server.max_connections",
         .type = OptionType::kInteger,
         .unit = "connections",
         .default_text = ConnectionsDefaultText(),
         .min = 1,
         .max = limits::kConnectionsMax,
         .help = "Connections at a time; one more is answered 503 and closed"},
    };
}

std::vector<ConfigOption> StoreOptionsOfTable() {
    return {
        {.key = "data.dir",
         .type = OptionType::kPath,
         .default_text = "./data",
         .help = "Folder of the embedded store; one process only"},
        {.key = "admission.store",
         .type = OptionType::kEnum,
         .default_text = "embedded",
         .choices = {"embedded"},
         .help = "Where claims are decided",
         .note = "redis comes with the distributed mode, which this version does not have"},
    };
}

std::vector<ConfigOption> TokenOptionsOfTable() {
    return {
        {.key = "operator.token_file",
         .type = OptionType::kSecretFile,
         .help = "File with the bearer token of calls that change a coupon",
         .note = TokenFileNote()},
        {.key = "service.token_file",
         .type = OptionType::kSecretFile,
         .help = "File with the bearer token of the shop's own back end",
         .note = TokenFileNote()},
    };
}

std::vector<ConfigOption> RunOptionsOfTable() {
    return {
        {.key = "log.level",
         .type = OptionType::kEnum,
         .default_text = "info",
         .choices = {"debug", "info", "warning", "error"},
         .help = "The least level that is written"},
        {.key = "log.format",
         .type = OptionType::kEnum,
         .default_text = "auto",
         .choices = {"auto", "text", "json"},
         .profile_defaults = {{Profile::kProd, "json"}},
         .help = "text goes to stderr, json lines to stdout; auto = text on a terminal, else json"},
        {.key = "admission.wait_max",
         .type = OptionType::kDuration,
         .default_text = "2s",
         .min = 1,
         .max = std::chrono::milliseconds(limits::kClaimWaitMax).count(),
         .help = "A claim that has waited longer for its decision is answered 503 overloaded, "
                 "undecided"},
        {.key = "shutdown.grace",
         .type = OptionType::kDuration,
         .default_text = "10s",
         .max = kShutdownMaxMilliseconds,
         .help = "How long requests in flight may take after SIGTERM before they are cut"},
        {.key = "shutdown.readiness_delay",
         .type = OptionType::kDuration,
         .default_text = "0s",
         .max = kShutdownMaxMilliseconds,
         .help = "How long after SIGTERM connections are still served "
                 "while readyz already answers 503"},
        {.key = "application.name",
         .default_text = "coupon-api",
         .help = "The application label of every metric and JSON log line"},
        {.key = "demo.coupon",
         .type = OptionType::kBool,
         .default_text = "false",
         .help = "Create a coupon to try things with when the store is empty; "
                 "where it has ended, open it again"},
    };
}

/// Whether a numeric address reaches this machine only; nullopt when it is none.
std::optional<bool> IsLoopback(const std::string& address) {
    in_addr v4 = {};
    if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
    in6_addr v6 = {};
    if (::inet_pton(AF_INET6, address.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6) != 0;
    return std::nullopt;
}

Result<std::optional<Secret>> ReadToken(const Config& config, std::string_view key) {
    const std::filesystem::path path = config.GetPath(key);
    if (path.empty()) return std::nullopt;
    Result<Secret> token = ReadSecretFile(path, key);
    if (!token) return std::unexpected(token.error());
    return std::move(*token);
}

Result<void> CheckExposure(const ServiceOptions& options, const Config& config) {
    const std::optional<bool> loopback = IsLoopback(options.server_address);
    if (!loopback) {
        return ConfigurationError(
            "server.address",
            fmt::format("\"{}\" ({}) is refused; allowed: a numeric IPv4 or IPv6 address",
                        options.server_address, config.OriginOf("server.address")));
    }
    if (options.profile != Profile::kProd && *loopback) return {};
    const std::string_view missing = !options.operator_token  ? "operator.token_file"
                                     : !options.service_token ? "service.token_file"
                                                              : "";
    if (missing.empty()) return {};
    if (options.profile == Profile::kProd) {
        return ConfigurationError(std::string(missing),
                                  fmt::format("not set ({}); profile prod requires it: "
                                              "the path of a file with a token of {} to {} bytes",
                                              config.OriginOf(missing), limits::kSecretBytesMin,
                                              limits::kSecretBytesMax));
    }
    return ConfigurationError(
        "server.address",
        fmt::format("\"{}\" ({}) is refused: "
                    "profile {} serves an address that is not loopback only with {} set; "
                    "allowed: 127.0.0.1, ::1, or any with both tokens",
                    options.server_address, config.OriginOf("server.address"),
                    ToString(options.profile), missing));
}

std::size_t ResolveThreads(std::int64_t configured) {
    if (configured > 0) return static_cast<std::size_t>(configured);
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, limits::kEventLoopsMax);
}

}  // namespace

ConfigTable CouponApiTable() {
    ConfigTable table{
        .program = "coupon-api",
    };
    for (const auto& part : {ServerOptionsOfTable(), StoreOptionsOfTable(), TokenOptionsOfTable(),
                             RunOptionsOfTable()}) {
        table.options.insert(table.options.end(), part.begin(), part.end());
    }
    return table;
}

Result<ServiceOptions> ServiceOptions::FromConfig(const Config& config) {
    ServiceOptions options;
    options.profile = config.ActiveProfile();
    options.application_name = config.GetString("application.name");
    options.server_address = config.GetString("server.address");
    options.server_port = static_cast<std::uint16_t>(config.GetInteger("server.port"));
    options.server_threads = ResolveThreads(config.GetInteger("server.threads"));
    options.server_max_connections =
        static_cast<std::size_t>(config.GetInteger("server.max_connections"));
    options.data_dir = config.GetPath("data.dir");
    CHECK(config.GetEnum("admission.store") == "embedded");
    options.admission_wait_max = config.GetDuration("admission.wait_max");
    options.shutdown_grace = config.GetDuration("shutdown.grace");
    options.shutdown_readiness_delay = config.GetDuration("shutdown.readiness_delay");
    options.demo_coupon = config.GetBool("demo.coupon");

    const std::optional<LogLevel> level = ParseLogLevel(config.GetEnum("log.level"));
    const std::optional<LogFormatChoice> format =
        ParseLogFormatChoice(config.GetEnum("log.format"));
    CHECK(level && format);
    options.log_level = *level;
    options.log_format = *format;

    Result<std::optional<Secret>> operator_token = ReadToken(config, "operator.token_file");
    if (!operator_token) return std::unexpected(operator_token.error());
    options.operator_token = *operator_token;
    Result<std::optional<Secret>> service_token = ReadToken(config, "service.token_file");
    if (!service_token) return std::unexpected(service_token.error());
    options.service_token = *service_token;

    if (auto ok = CheckExposure(options, config); !ok) return std::unexpected(ok.error());
    return options;
}

}  // namespace coupon
