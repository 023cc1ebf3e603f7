#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "apps/process_setup.h"
#include "apps/service_mode.h"
#include "common/clock.h"
#include "common/error.h"
#include "common/log.h"
#include "common/metrics_registry.h"
#include "common/process_metrics.h"
#include "common/service_options.h"
#include "http/api/api_handler.h"
#include "http/api/http_metrics.h"
#include "http/server.h"

namespace coupon {

/// The HTTP side of coupon-api around a mode: query threads, metrics, event loops. One owning
/// thread.
class ApiService {
public:
    /// Listens. Everything passed in but the mode must outlive the object. Errors: kConfiguration
    /// (address), kCannotCreate (port in use), as ServiceMode::OpenQueryStore.
    static Result<std::unique_ptr<ApiService>> Start(const ServiceOptions& options,
                                                     std::unique_ptr<ServiceMode> mode,
                                                     const Clock& clock, const Logger& log);
    ApiService(const ApiService&) = delete;
    ApiService& operator=(const ApiService&) = delete;

    std::uint16_t Port() const { return server_->Port(); }

    /// Readiness off; returns after shutdown.readiness_delay, or at once at a second signal.
    void WithdrawReadiness(StopSignals& signals);
    /// No new connections, what is in flight answered, the admission drained. True if everything
    /// was answered within shutdown.grace. Returns only when the admission calls back no more,
    /// however long the disk takes: stand it, and the destructor, which closes the store, under a
    /// StopWatchdog.
    bool Stop();

private:
    ApiService(const ServiceOptions& options, std::unique_ptr<ServiceMode> mode,
               std::unique_ptr<http::api::QueryPool> queries, const Clock& clock,
               const Logger& log);
    std::optional<std::string> WhyNotReady() const;
    void RegisterMetrics();

    const ServiceOptions& options_;
    const Logger& log_;
    std::atomic<bool> stopping_{false};
    http::api::Authorizer authorizer_;
    http::api::ApiMetrics api_metrics_;
    ProcessMetrics process_metrics_;
    MetricsRegistry registry_;
    http::api::ApiContext context_;
    std::unique_ptr<http::Server> server_;
    std::unique_ptr<http::api::HttpMetrics> http_metrics_;
    /// After the server: an admission may have connections on its loops.
    std::unique_ptr<ServiceMode> mode_;
    /// Last: its results are posted to the server's loops, its stores are the mode's.
    std::unique_ptr<http::api::QueryPool> queries_;
};

}  // namespace coupon
