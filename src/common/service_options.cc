#include "common/service_options.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>

#include "common/config_values.h"
#include "common/limits.h"

namespace coupon {
namespace {

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

Result<void> CheckDemo(const ServiceOptions& options, const Config& config) {
    if (!options.demo_coupon || options.admission_store == AdmissionStore::kEmbedded) return {};
    return ConfigurationError(
        "demo.coupon",
        fmt::format("true ({}) is refused; allowed: false, or admission.store = "
                    "embedded (it is {} by {})",
                    config.OriginOf("demo.coupon"), ToString(options.admission_store),
                    config.OriginOf("admission.store")));
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

void ReadAdmission(ServiceOptions& options, const Config& config) {
    const bool redis = config.GetEnum("admission.store") == ToString(AdmissionStore::kRedis);
    const bool ledger = config.GetEnum("admission.reply_after") == ToString(ReplyAfter::kLedger);
    options.admission_store = redis ? AdmissionStore::kRedis : AdmissionStore::kEmbedded;
    options.admission_reply_after = ledger ? ReplyAfter::kLedger : ReplyAfter::kAdmission;
    options.admission_reply_timeout = config.GetDuration("admission.reply_timeout");
    options.admission_wait_max = config.GetDuration("admission.wait_max");
    options.cache_ttl = config.GetDuration("cache.ttl");
    options.cache_entries_max = static_cast<std::size_t>(config.GetInteger("cache.max_entries"));
    options.queue_backlog_max = config.GetInteger("queue.backlog_max");
}

std::size_t ResolveThreads(std::int64_t configured) {
    if (configured > 0) return static_cast<std::size_t>(configured);
    return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, limits::kEventLoopsMax);
}

}  // namespace

std::string_view ToString(AdmissionStore store) {
    return store == AdmissionStore::kRedis ? "redis" : "embedded";
}

std::string_view ToString(ReplyAfter moment) {
    return moment == ReplyAfter::kLedger ? "ledger" : "admission";
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
    ReadAdmission(options, config);
    options.shutdown_grace = config.GetDuration("shutdown.grace");
    options.shutdown_readiness_delay = config.GetDuration("shutdown.readiness_delay");
    options.demo_coupon = config.GetBool("demo.coupon");

    options.log = LogSettings::FromConfig(config);

    Result<std::optional<Secret>> operator_token = ReadToken(config, "operator.token_file");
    if (!operator_token) return std::unexpected(operator_token.error());
    options.operator_token = *operator_token;
    Result<std::optional<Secret>> service_token = ReadToken(config, "service.token_file");
    if (!service_token) return std::unexpected(service_token.error());
    options.service_token = *service_token;

    if (options.admission_store == AdmissionStore::kRedis) {
        auto distributed = DistributedOptions::FromConfig(config);
        if (!distributed) return std::unexpected(std::move(distributed).error());
        options.distributed = *std::move(distributed);
    }
    if (auto ok = CheckDemo(options, config); !ok) return std::unexpected(ok.error());
    if (auto ok = CheckExposure(options, config); !ok) return std::unexpected(ok.error());
    return options;
}

}  // namespace coupon
