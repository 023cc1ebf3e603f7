#include "apps/consumer/consumer_service.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/consumer/consumer_metrics.h"
#include "apps/distributed/datasource_metrics.h"
#include "apps/distributed/redis_metrics.h"
#include "apps/distributed/services.h"
#include "http/api/http_metrics.h"
#include "http/api/routes.h"

namespace coupon {
namespace {

constexpr std::chrono::seconds kProbesDrain{1};

}  // namespace

Result<std::unique_ptr<ConsumerService>> ConsumerService::Start(
    const ConsumerServiceOptions& options, std::string_view version, const Clock& clock,
    const Logger& log) {
    std::unique_ptr<ConsumerService> service(new ConsumerService(options, version, clock, log));
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
               .info = [this, version = std::string(version)] { return Info(version); },
               .not_ready = [this]() -> std::optional<std::string> {
                   if (stopping_.load(std::memory_order_relaxed)) return "stopping";
                   return consumer_->WhyNotReady();
               }} {}

std::string ConsumerService::Info(std::string_view version) const {
    const auto level = consumer_->Level();
    return JsonObject({{"application", options_.application_name},
                       {"version", version},
                       {"mode", "distributed"},
                       {"consumer", options_.consumer_name},
                       {"ackLevel", level ? admission::ToString(*level) : "unknown"}});
}

Result<void> ConsumerService::StartConsumer(const Clock& clock) {
    auto redis = QueueOptions(options_.distributed, "coupon-consumer");
    if (!redis) return std::unexpected(std::move(redis.error()));
    auto pool = OpenLedger(options_.distributed, log_);
    if (!pool) return std::unexpected(std::move(pool.error()));
    pool_ = *std::move(pool);
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
                            .max_connections = options_.server_max_connections,
                            .route_count = http::api::kRouteCount},
        [this](http::EventLoop&) { return std::make_unique<ProbeHandler>(sources_); });
    return server_->Start();
}

void ConsumerService::RegisterMetrics(std::string_view version) {
    registry_.Register(process_metrics_);
    registry_.Register([this] { return QueueFamilies(consumer_->Queue()); });
    registry_.Register([this] { return GapFamilies(consumer_->Gap()); });
    registry_.Register([this] { return ConsumerFamilies(consumer_->Numbers()); });
    registry_.Register([this] { return RedisFamilies(consumer_->Numbers().redis); });
    registry_.Register([this] { return DatasourceFamilies(pool_->Numbers()); });
    registry_.Register([this, version = std::string(version)] {
        return ProgramFamilies(version, consumer_->Level(), log_.Dropped());
    });
    registry_.Register([this] {
        return http::api::HttpFamilies(server_->CollectRequestStats(), server_->Totals());
    });
}

void ConsumerService::Stop() {
    stopping_.store(true, std::memory_order_relaxed);
    consumer_->Stop();
    server_->Drain(kProbesDrain);
}

}  // namespace coupon
