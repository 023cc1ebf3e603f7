#include "apps/consumer/consumer_service.h"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/consumer/consumer_metrics.h"
#include "apps/distributed/services.h"

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
               .info = JsonObject({{"application", options.application_name},
                                   {"version", version},
                                   {"mode", "distributed"},
                                   {"consumer", options.consumer_name}}),
               .not_ready = [this]() -> std::optional<std::string> {
                   if (stopping_.load(std::memory_order_relaxed)) return "stopping";
                   return consumer_->WhyNotReady();
               }} {}

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
