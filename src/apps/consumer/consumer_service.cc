#include "apps/consumer/consumer_service.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/consumer/consumer_metrics.h"
#include "ledger/mysql_migrations.h"
#include "ledger/mysql_options.h"
#include "redis/redis_options.h"
#include "redis/redis_url.h"

namespace coupon {
namespace {

constexpr std::chrono::seconds kProbesDrain{1};

Result<ledger::MysqlOptions> LedgerOptions(const DistributedOptions& options) {
    auto ledger = ledger::ParseMysqlUrl(options.datasource_url);
    if (!ledger) return ledger;
    ledger->user = options.datasource_username;
    if (options.datasource_password) ledger->password = options.datasource_password->Reveal();
    ledger->maximum_pool_size = options.datasource_maximum_pool_size;
    ledger->max_lifetime = options.datasource_max_lifetime;
    ledger->connection_timeout = options.datasource_connection_timeout;
    return ledger;
}

Result<redis::RedisOptions> QueueOptions(const DistributedOptions& options) {
    auto url = redis::RedisUrl::Parse(options.redis_url);
    if (!url) return std::unexpected(std::move(url.error()));
    redis::RedisOptions redis;
    redis.url = *std::move(url);
    redis.ca_file = options.redis_ca_file;
    redis.client_name = "coupon-consumer";
    return redis;
}

}  // namespace

Result<std::unique_ptr<ConsumerService>> ConsumerService::Start(
    const ConsumerServiceOptions& options, std::string_view version, const Clock& clock,
    const Logger& log) {
    std::unique_ptr<ConsumerService> service(new ConsumerService(options, version, clock, log));
    if (auto opened = service->OpenLedger(); !opened) return std::unexpected(opened.error());
    if (auto started = service->StartConsumer(clock); !started) {
        return std::unexpected(started.error());
    }
    service->RegisterMetrics(version);
    if (auto started = service->StartServer(); !started) return std::unexpected(started.error());
    return service;
}

ConsumerService::ConsumerService(const ConsumerServiceOptions& options, std::string_view version,
                                 const Clock& clock, const Logger& log)
    : options_(options),
      log_(log),
      process_metrics_(clock),
      registry_(options.application_name),
      sources_{.metrics = registry_,
               .info = JsonObject({{"application", options.application_name},
                                   {"version", version},
                                   {"mode", "distributed"},
                                   {"consumer", options.consumer_name}}),
               .not_ready = [this]() -> std::optional<std::string> {
                   if (stopping_.load(std::memory_order_relaxed)) return "stopping";
                   return consumer_->WhyNotReady();
               }} {}

Result<void> ConsumerService::OpenLedger() {
    auto options = LedgerOptions(options_.distributed);
    if (!options) return std::unexpected(std::move(options.error()));
    const std::string where = Describe(*options);
    auto pool = ledger::MysqlPool::Create(*std::move(options));
    if (!pool) return std::unexpected(std::move(pool.error()));
    pool_ = *std::move(pool);
    const auto schema = options_.distributed.ledger_migrate == LedgerMigration::kAuto
                            ? ledger::MigrateSchema(*pool_)
                            : ledger::CheckSchema(*pool_);
    if (!schema) return std::unexpected(schema.error());
    const auto warning = ledger::DurabilityWarning(*pool_);
    if (!warning) return std::unexpected(warning.error());
    if (!warning->empty()) log_.Warning("the ledger is not durable", {{"why", *warning}});
    log_.Info("ledger", {{"url", where}, {"schema", schema->wanted}});
    return {};
}

Result<void> ConsumerService::StartConsumer(const Clock& clock) {
    auto redis = QueueOptions(options_.distributed);
    if (!redis) return std::unexpected(std::move(redis.error()));
    auto consumer = queue::Consumer::Start({.name = options_.consumer_name,
                                            .batch_max = options_.consumer_batch_max,
                                            .threads = options_.consumer_threads,
                                            .lease = options_.consumer_lease,
                                            .redis = *std::move(redis)},
                                           *pool_, clock, log_);
    if (!consumer) return std::unexpected(std::move(consumer.error()));
    consumer_ = *std::move(consumer);
    return {};
}

Result<void> ConsumerService::StartServer() {
    server_ = std::make_unique<http::Server>(
        http::ServerOptions{.address = options_.server_address,
                            .port = options_.server_port,
                            .threads = 1,
                            .max_connections = options_.server_max_connections},
        [this](http::EventLoop&) { return std::make_unique<ProbeHandler>(sources_); });
    return server_->Start();
}

void ConsumerService::RegisterMetrics(std::string_view version) {
    registry_.Register(process_metrics_);
    registry_.Register([this] { return QueueFamilies(consumer_->Queue()); });
    registry_.Register([this] { return ConsumerFamilies(consumer_->Numbers()); });
    registry_.Register([this] { return DatasourceFamilies(pool_->Numbers()); });
    registry_.Register([this, version = std::string(version)] {
        return ProgramFamilies(version, log_.Dropped(), server_->Totals());
    });
}

void ConsumerService::Stop() {
    stopping_.store(true, std::memory_order_relaxed);
    consumer_->Stop();
    server_->Drain(kProbesDrain);
}

}  // namespace coupon
