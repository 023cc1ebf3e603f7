// coupon-consumer: moves accepted claims from Redis into the ledger. Wires the parts together,
// waits for the signal to stop, stops them in order.

#include <unistd.h>  // environ

#include <cstddef>
#include <exception>
#include <iostream>
#include <memory>
#include <span>
#include <string_view>

#include "apps/consumer/consumer_service.h"
#include "apps/process_setup.h"
#include "apps/stop_watchdog.h"
#include "common/consumer_options.h"
#include "common/exit_code.h"
#include "common/limits.h"
#include "common/program_start.h"

namespace coupon {
namespace {

ProgramInfo Program() {
    return {.name = "coupon-consumer",
            .version = COUPON_VERSION,
            .description =
                "Writes accepted claims from Redis into the ledger; the distributed "
                "mode's second half.",
            .table = CouponConsumerTable(),
            .validate = [](const Config& config) -> Result<void> {
                if (auto options = ConsumerServiceOptions::FromConfig(config); !options) {
                    return std::unexpected(options.error());
                }
                return {};
            }};
}

/// From the ledger to the end; the process's exit code.
int Run(const ConsumerServiceOptions& options, StopSignals& signals, const Clock& clock,
        const Logger& log) {
    auto service = ConsumerService::Start(options, COUPON_VERSION, clock, log);
    if (!service) {
        log.Fatal("cannot start", {{"error", Describe(service.error())}});
        return ExitCodeOf(service.error());
    }
    log.Info("ready", {{"address", options.server_address},
                       {"port", (*service)->Port()},
                       {"consumer", options.consumer_name},
                       {"version", COUPON_VERSION}});
    log.Info("stopping", {{"signal", signals.Wait()}});
    const StopWatchdog watchdog(signals, options.shutdown_grace, log);
    (*service)->Stop();
    service->reset();
    log.Info("stopped");
    return kExitOk;
}

int Main(std::span<const char* const> words) {
    const auto config =
        StartProgram(Program(), words, CopyEnvironment(environ), std::cout, std::cerr);
    if (!config) return config.error();
    const auto options = ConsumerServiceOptions::FromConfig(*config);
    if (!options) {
        std::cerr << "coupon-consumer: " << options.error().detail << "\n";
        return ExitCodeOf(options.error());
    }
    return ServeWithLog(options->application_name, options->log,
                        [&](StopSignals& signals, const Clock& clock, const Logger& log) {
                            return Run(*options, signals, clock, log);
                        });
}

}  // namespace
}  // namespace coupon

int main(int count, char** words) {
    try {
        return coupon::Main({words, static_cast<std::size_t>(count)});
    } catch (const std::exception& error) {  // no memory, no thread: nothing a stage expects
        std::cerr << "coupon-consumer: " << error.what() << '\n';
        return coupon::kExitUnavailable;
    }
}
