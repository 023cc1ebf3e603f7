#include "apps/api_service.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "apps/demo_coupon.h"
#include "apps/ledger_metrics.h"
#include "common/limits.h"
#include "common/metric_family.h"
#include "http/api/routes.h"

namespace coupon {
namespace {

constexpr std::chrono::seconds kDrainPoll{1};

}  // namespace

Result<std::unique_ptr<ApiService>> ApiService::Start(const ServiceOptions& options,
                                                      admission::EmbeddedAdmission& admission,
                                                      const Clock& clock, const Logger& log) {
    if (options.demo_coupon) {
        if (auto opened = OpenDemoCoupon(admission, clock.WallNow()); !opened) {
            return std::unexpected(opened.error());
        }
    }
    auto queries = http::api::QueryPool::Open(admission.DatabasePath());
    if (!queries) return std::unexpected(queries.error());
    std::unique_ptr<ApiService> service(
        new ApiService(options, admission, std::move(*queries), clock, log));
    if (auto started = service->server_->Start(); !started) return std::unexpected(started.error());
    return service;
}

ApiService::ApiService(const ServiceOptions& options, admission::EmbeddedAdmission& admission,
                       std::unique_ptr<http::api::QueryPool> queries, const Clock& clock,
                       const Logger& log)
    : options_(options),
      admission_(admission),
      log_(log),
      authorizer_(
          {.operator_token = options.operator_token, .service_token = options.service_token}),
      api_metrics_(admission.Reader(), COUPON_VERSION, admission.Level()),
      process_metrics_(clock),
      registry_(options.application_name),
      context_{.admission = admission,
               .queries = *queries,
               .clock = clock,
               .log = log,
               .authorizer = authorizer_,
               .metrics = registry_,
               .api_metrics = api_metrics_,
               .info = {.application = options.application_name,
                        .version = COUPON_VERSION,
                        .ack_level = admission.Level()},
               .data_dir = options.data_dir,
               .not_ready = [this] { return WhyNotReady(); }},
      server_(std::make_unique<http::Server>(
          http::ServerOptions{.address = options.server_address,
                              .port = options.server_port,
                              .threads = options.server_threads,
                              .max_connections = options.server_max_connections,
                              .route_count = http::api::kRouteCount},
          http::api::MakeHandlerFactory(context_))),
      http_metrics_(std::make_unique<http::api::HttpMetrics>(*server_)),
      queries_(std::move(queries)) {
    RegisterMetrics();
}

std::optional<std::string> ApiService::WhyNotReady() const {
    if (stopping_.load(std::memory_order_relaxed)) return "stopping";
    const admission::Sequencer& sequencer = admission_.SequencerState();
    if (const auto since = sequencer.WriteUnderWaySince();
        since && std::chrono::steady_clock::now() - *since > limits::kWriteStall) {
        return "the disk has not answered for longer than " +
               std::to_string(limits::kWriteStall.count()) + " s";
    }
    if (!sequencer.StorageFull()) return std::nullopt;
    // Without traffic no write would ever find that there is room again, so the device is asked.
    std::error_code unknown;
    const auto space = std::filesystem::space(options_.data_dir, unknown);
    if (!unknown && space.available >= limits::kFreeBytesToBeReady) return std::nullopt;
    return "no room left in data.dir";
}

void ApiService::RegisterMetrics() {
    registry_.Register(api_metrics_);
    registry_.Register(process_metrics_);
    registry_.Register(*http_metrics_);
    registry_.Register([this] { return LedgerFamilies(admission_); });
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
    const bool answered = server_->Drain(options_.shutdown_grace);
    // Never given up: the sequencer delivers to the handlers, which end with this object.
    while (!admission_.Drain(kDrainPoll)) continue;
    queries_->Stop();
    return answered;
}

}  // namespace coupon
