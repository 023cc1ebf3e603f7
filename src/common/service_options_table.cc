#include <fmt/format.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "common/distributed_options.h"
#include "common/limits.h"
#include "common/limits_distributed.h"
#include "common/log_settings.h"
#include "common/service_options.h"

namespace coupon {
namespace {

constexpr std::int64_t kShutdownMaxMilliseconds =
    std::chrono::milliseconds{limits::kShutdownMax}.count();

// Texts of the table that are made of limits; a table's texts must outlive it.

std::string_view ConnectionsDefaultText() {
    static const std::string kText = std::to_string(limits::kConnectionsDefault);
    return kText;
}

std::string_view BacklogDefaultText() {
    static const std::string kText = std::to_string(limits::kBacklogClaimsDefault);
    return kText;
}

std::string_view TokenFileNote() {
    static const std::string kText = fmt::format(
        "required in profile prod; {} to {} visible ASCII bytes, "
        "no access for other users",
        limits::kSecretBytesMin, limits::kSecretBytesMax);
    return kText;
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
         .choices = {"embedded", "redis"},
         .profile_defaults = {{Profile::kProd, "redis"}},
         .help = "Where claims are decided; redis is the distributed mode, with redis.* and "
                 "datasource.*"},
    };
}

std::vector<ConfigOption> AdmissionOptionsOfTable() {
    return {
        {.key = "admission.wait_max",
         .type = OptionType::kDuration,
         .default_text = "2s",
         .min = 1,
         .max = std::chrono::milliseconds(limits::kClaimWaitMax).count(),
         .help = "A claim that has waited longer for its decision is answered 503 overloaded, "
                 "undecided"},
        {.key = "admission.reply_after",
         .type = OptionType::kEnum,
         .default_text = "admission",
         .choices = {"admission", "ledger"},
         .help = "What a yes waits for in the distributed mode: the decision, or the ledger's "
                 "commit; the embedded store commits first in any case"},
        {.key = "admission.reply_timeout",
         .type = OptionType::kDuration,
         .default_text = "5s",
         .min = 1,
         .max = std::chrono::milliseconds(limits::kReplyTimeoutMax).count(),
         .help = "How long a yes may wait for the ledger's commit before the ledger is read once; "
                 "else 503 unknown"},
        {.key = "cache.ttl",
         .type = OptionType::kDuration,
         .default_text = "10s",
         .min = 1,
         .max = std::chrono::milliseconds(limits::kCacheTtlMax).count(),
         .help = "How long the distributed mode keeps what it knows of a coupon"},
        {.key = "cache.max_entries",
         .type = OptionType::kInteger,
         .unit = "coupons",
         .default_text = "1000",
         .min = 1,
         .max = limits::kCacheEntriesMax,
         .help = "Of how many coupons that is kept"},
        {.key = "queue.backlog_max",
         .type = OptionType::kInteger,
         .unit = "claims",
         .default_text = BacklogDefaultText(),
         .min = 1,
         .max = limits::kBacklogClaimsMax,
         .help = "Claims of one coupon that may wait for the ledger; further ones are answered 503 "
                 "overloaded"},
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

}  // namespace

ConfigTable CouponApiTable() {
    ConfigTable table{
        .program = "coupon-api",
    };
    for (const auto& part : {ServerOptionsOfTable(), StoreOptionsOfTable(),
                             AdmissionOptionsOfTable(), DistributedOptionsOfTable(),
                             TokenOptionsOfTable(), LogSettings::Table(), RunOptionsOfTable()}) {
        table.options.insert(table.options.end(), part.begin(), part.end());
    }
    return table;
}

}  // namespace coupon
