#include "apps/api_service.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/limits_distributed.h"
#include "common/metric_family.h"
#include "http/api/routes.h"

namespace coupon {
namespace {

constexpr std::chrono::seconds kDrainPoll{1};

/// While it lives, it waits for `after` to pass, on a thread of its own; then the admission takes
/// nothing new, and one that waits for others tells what it can: before the connections are cut.
class LastCall {
public:
    LastCall(admission::Admission& admission, std::chrono::milliseconds after)
        : thread_([this, &admission, after] {
              if (over_.get_future().wait_for(after) == std::future_status::timeout) {
                  admission.Drain(std::chrono::milliseconds{0});
              }
          }) {}
    ~LastCall() {
        over_.set_value();
        thread_.join();
    }
    LastCall(const LastCall&) = delete;
    LastCall& operator=(const LastCall&) = delete;

private:
    std::promise<void> over_;
    std::thread thread_;  // last: it uses the above
};

}  // namespace

Result<std::unique_ptr<ApiService>> ApiService::Start(const ServiceOptions& options,
                                                      std::unique_ptr<ServiceMode> mode,
                                                      const Clock& clock, const Logger& log) {
    auto queries = http::api::QueryPool::Open([&mode] { return mode->OpenQueryStore(); });
    if (!queries) return std::unexpected(queries.error());
    std::unique_ptr<ApiService> service(
        new ApiService(options, std::move(mode), std::move(*queries), clock, log));
    if (auto started = service->server_->Start(); !started) return std::unexpected(started.error());
    return service;
}

ApiService::ApiService(const ServiceOptions& options, std::unique_ptr<ServiceMode> mode,
                       std::unique_ptr<http::api::QueryPool> queries, const Clock& clock,
                       const Logger& log)
    : options_(options),
      log_(log),
      authorizer_(
          {.operator_token = options.operator_token, .service_token = options.service_token}),
      api_metrics_(COUPON_VERSION, mode->Facts().info.ack_level),
      process_metrics_(clock),
      registry_(options.application_name),
      context_{.admission = mode->Admission(),
               .queries = *queries,
               .clock = clock,
               .log = log,
               .authorizer = authorizer_,
               .metrics = registry_,
               .api_metrics = api_metrics_,
               .info = mode->Facts().info,
               .memory = mode->Facts().memory,
               .not_ready = [this] { return WhyNotReady(); }},
      server_(std::make_unique<http::Server>(
          http::ServerOptions{.address = options.server_address,
                              .port = options.server_port,
                              .threads = options.server_threads,
                              .max_connections = options.server_max_connections,
                              .route_count = http::api::kRouteCount},
          http::api::MakeHandlerFactory(context_))),
      http_metrics_(std::make_unique<http::api::HttpMetrics>(*server_)),
      mode_(std::move(mode)),
      queries_(std::move(queries)) {
    RegisterMetrics();
}

std::optional<std::string> ApiService::WhyNotReady() const {
    if (stopping_.load(std::memory_order_relaxed)) return "stopping";
    return mode_->WhyNotReady();
}

void ApiService::RegisterMetrics() {
    registry_.Register(api_metrics_);
    registry_.Register(process_metrics_);
    registry_.Register(*http_metrics_);
    registry_.Register([this] { return mode_->Families(); });
    registry_.Register([this] {
        auto dropped = CounterFamily("coupon_log_dropped_total",
                                     "Log lines lost because the log's reader did not keep up");
        AddCounter(dropped, static_cast<double>(log_.Dropped()));
        return std::vector{std::move(dropped)};
    });
}

void ApiService::WithdrawReadiness(StopSignals& signals) {
    stopping_.store(true, std::memory_order_relaxed);
    if (options_.shutdown_readiness_delay.count() == 0) return;
    if (signals.WaitFor(options_.shutdown_readiness_delay)) {
        log_.Info("a second signal: not waiting longer");
    }
}

bool ApiService::Stop() {
    queries_->BreakOffLongQueries();  // an audit can take longer than any grace
    const std::chrono::milliseconds grace = options_.shutdown_grace;
    const auto answering = std::min<std::chrono::milliseconds>(limits::kStopAnswers, grace / 2);
    bool answered = false;
    {
        const LastCall last_call(mode_->Admission(), grace - answering);
        answered = server_->Drain(grace);
    }
    // Never given up: the admission delivers to the handlers, which end with this object.
    while (!mode_->Admission().Drain(kDrainPoll)) continue;
    queries_->Stop();
    return answered;
}

}  // namespace coupon
