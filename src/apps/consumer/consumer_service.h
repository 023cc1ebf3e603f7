#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "apps/consumer/probe_handler.h"
#include "common/clock.h"
#include "common/consumer_options.h"
#include "common/error.h"
#include "common/log.h"
#include "common/metrics_registry.h"
#include "common/process_metrics.h"
#include "http/server.h"
#include "ledger/mysql_pool.h"
#include "queue/consumer.h"

namespace coupon {

/// coupon-consumer: the consumer and its probes. One owning thread.
class ConsumerService {
public:
    /// Waits for the ledger, brings its schema up or checks it (OpenLedger), then starts the
    /// threads. Everything passed in must outlive the object. Errors: as OpenLedger;
    /// kConfiguration (a URL, an address); kCannotCreate (port in use). Redis may be down.
    static Result<std::unique_ptr<ConsumerService>> Start(const ConsumerServiceOptions& options,
                                                          std::string_view version,
                                                          const Clock& clock, const Logger& log);
    ConsumerService(const ConsumerService&) = delete;
    ConsumerService& operator=(const ConsumerService&) = delete;

    std::uint16_t Port() const { return server_->Port(); }
    /// Readiness off, the batches in hand finished, leases given up, probes answered until then.
    /// However long the ledger takes: stand it under a StopWatchdog.
    void Stop();

private:
    ConsumerService(const ConsumerServiceOptions& options, std::string_view version,
                    const Clock& clock, const Logger& log);
    Result<void> StartConsumer(const Clock& clock);
    Result<void> StartServer();
    void RegisterMetrics(std::string_view version);
    std::string Info(std::string_view version) const;

    const ConsumerServiceOptions& options_;
    const Logger& log_;
    std::atomic<bool> stopping_{false};  ///< relaxed: stands for itself
    ProcessMetrics process_metrics_;
    MetricsRegistry registry_;
    ProbeSources sources_;
    std::unique_ptr<ledger::MysqlPool> pool_;
    std::unique_ptr<queue::Consumer> consumer_;
    std::unique_ptr<http::Server> server_;
};

}  // namespace coupon
