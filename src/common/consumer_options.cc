#include "common/consumer_options.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/config_values.h"
#include "common/limits.h"
#include "common/limits_consumer.h"

namespace coupon {
namespace {

/// Scrapers and probes; nobody else speaks to a consumer.
constexpr std::string_view kConnectionsDefaultText = "100";

std::string_view BatchDefaultText() {
    static const std::string kText = std::to_string(limits::kConsumerBatchDefault);
    return kText;
}

std::string_view ThreadsDefaultText() {
    static const std::string kText = std::to_string(limits::kConsumerThreadsDefault);
    return kText;
}

std::vector<ConfigOption> ServerOptionsOfTable() {
    return {
        {.key = "server.address",
         .default_text = "127.0.0.1",
         .profile_defaults = {{Profile::kProd, "0.0.0.0"}},
         .help = "Address to listen on, for probes and metrics only",
         .note = "a numeric IPv4 or IPv6 address"},
        {.key = "server.port",
         .type = OptionType::kInteger,
         .default_text = "8081",
         .max = 65'535,
         .help = "Port to listen on; 0 takes a free one"},
        {.key = "server.max_connections",
         .type = OptionType::kInteger,
         .unit = "connections",
         .default_text = kConnectionsDefaultText,
         .min = 1,
         .max = limits::kConnectionsMax,
         .help = "Connections at a time; one more is answered 503 and closed"},
    };
}

std::vector<ConfigOption> QueueOptionsOfTable() {
    return {
        {.key = "consumer.name",
         .help = "Name in the consumer groups: the same after a restart, another in each process; "
                 "the machine's name where none is set"},
        {.key = "consumer.batch_max",
         .type = OptionType::kInteger,
         .unit = "claims",
         .default_text = BatchDefaultText(),
         .min = 1,
         .max = limits::kConsumerBatchMax,
         .help = "Claims of one coupon that are written in one transaction"},
        {.key = "consumer.lease",
         .type = OptionType::kDuration,
         .default_text = "10s",
         .min = 1000,
         .max = std::chrono::milliseconds(limits::kConsumerLeaseMax).count(),
         .help = "How long a coupon stays with a consumer that says nothing"},
        {.key = "consumer.threads",
         .type = OptionType::kInteger,
         .unit = "threads",
         .default_text = ThreadsDefaultText(),
         .min = 1,
         .max = limits::kConsumerThreadsMax,
         .help = "Threads that write, a coupon each at a time"},
    };
}

std::vector<ConfigOption> RunOptionsOfTable() {
    return {
        {.key = "shutdown.grace",
         .type = OptionType::kDuration,
         .default_text = "10s",
         .max = std::chrono::milliseconds(limits::kShutdownMax).count(),
         .help = "How long the batches in hand may take after SIGTERM"},
        {.key = "application.name",
         .default_text = "coupon-consumer",
         .help = "The application label of every metric and JSON log line"},
    };
}

/// "localhost" where the machine does not tell.
std::string HostName() {
    std::array<char, 256> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
    return name.data();
}

}  // namespace

ConfigTable CouponConsumerTable() {
    ConfigTable table{
        .program = "coupon-consumer",
    };
    for (const auto& part :
         {ServerOptionsOfTable(), QueueOptionsOfTable(), DistributedOptionsOfTable(),
          LogSettings::Table(), RunOptionsOfTable()}) {
        table.options.insert(table.options.end(), part.begin(), part.end());
    }
    return table;
}

Result<ConsumerServiceOptions> ConsumerServiceOptions::FromConfig(const Config& config) {
    ConsumerServiceOptions options;
    options.application_name = config.GetString("application.name");
    options.server_address = config.GetString("server.address");
    options.server_port = static_cast<std::uint16_t>(config.GetInteger("server.port"));
    options.server_max_connections =
        static_cast<std::size_t>(config.GetInteger("server.max_connections"));
    options.consumer_name = config.GetString("consumer.name");
    if (options.consumer_name.empty()) options.consumer_name = HostName();
    options.consumer_batch_max = static_cast<std::size_t>(config.GetInteger("consumer.batch_max"));
    options.consumer_lease = config.GetDuration("consumer.lease");
    options.consumer_threads = static_cast<std::size_t>(config.GetInteger("consumer.threads"));
    options.shutdown_grace = config.GetDuration("shutdown.grace");
    options.log = LogSettings::FromConfig(config);

    auto distributed = DistributedOptions::FromConfig(config);
    if (!distributed) return std::unexpected(std::move(distributed.error()));
    options.distributed = *std::move(distributed);
    // A writer without a connection would only wait for another's.
    if (options.distributed.datasource_maximum_pool_size < options.consumer_threads) {
        return ConfigurationError("consumer.threads",
                                  "more than datasource.maximum_pool_size; a writer needs a "
                                  "connection");
    }
    return options;
}

}  // namespace coupon
