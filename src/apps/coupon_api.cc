// coupon-api: wires the stages together, waits for the signal to stop, stops them in
// order.

#include <fmt/format.h>
#include <unistd.h>  // environ

#include <cstddef>
#include <exception>
#include <iostream>
#include <memory>
#include <span>
#include <string_view>

#include "apps/api_service.h"
#include "apps/demo_coupon.h"
#include "apps/distributed/distributed_mode.h"
#include "apps/distributed/services.h"
#include "apps/embedded_mode.h"
#include "apps/process_setup.h"
#include "apps/service_mode.h"
#include "apps/stop_watchdog.h"
#include "apps/welcome.h"
#include "common/exit_code.h"
#include "common/limits.h"
#include "common/program_start.h"
#include "common/service_options.h"

namespace coupon {
namespace {

ProgramInfo Program() {
    return {.name = "coupon-api",
            .version = COUPON_VERSION,
            .description =
                "Decides first come, first served, who gets a coupon; embedded or distributed.",
            .table = CouponApiTable(),
            .validate = [](const Config& config) -> Result<void> {
                const auto options = ServiceOptions::FromConfig(config);
                if (!options) return std::unexpected(options.error());
                return options->distributed ? CheckServices(*options->distributed) : Result<void>();
            }};
}

int Fail(const Logger& log, std::string_view what, const Error& error) {
    log.Fatal(what, {{"error", Describe(error)}});
    return ExitCodeOf(error);
}

/// What a slow disk can hold up happens here, under the watchdog. The process's exit code.
int Stop(const ServiceOptions& options, StopSignals& signals, const Logger& log,
         std::unique_ptr<ApiService> service) {
    const StopWatchdog watchdog(signals, options.shutdown_grace + limits::kStopOverrun, log);
    const bool answered = service->Stop();
    service.reset();  // embedded: the last checkpoint
    if (!answered) {
        log.Error("stopped before everything was answered: the grace period was over");
        return kExitUnavailable;
    }
    log.Info("stopped");
    return kExitOk;
}

Result<std::unique_ptr<ServiceMode>> OpenMode(const ServiceOptions& options, const Clock& clock,
                                              const Logger& log) {
    if (!options.distributed) return EmbeddedMode::Open(options, clock, log);
    return DistributedMode::Open(options, clock, log);
}

/// From the store to the end; the process's exit code.
int Run(ServiceOptions options, StopSignals& signals, const Clock& clock, const Logger& log) {
    options.server_max_connections = RaiseFileLimit(options.server_max_connections, log);
    auto mode = OpenMode(options, clock, log);
    if (!mode) return Fail(log, "cannot open the store", mode.error());
    const ModeFacts facts = (*mode)->Facts();
    auto service = ApiService::Start(options, *std::move(mode), clock, log);
    if (!service) return Fail(log, "cannot start", service.error());
    log.Info("ready", {{"address", options.server_address},
                       {"port", (*service)->Port()},
                       {"data", facts.place},
                       {"ack_level", ToString(facts.info.ack_level)},
                       {"version", COUPON_VERSION}});
    if (options.demo_coupon && options.profile == Profile::kLocal) {
        std::cout << WelcomeText((*service)->Port(), kDemoStock, kDemoWindow) << std::flush;
    }

    log.Info("stopping", {{"signal", signals.Wait()}});
    (*service)->WithdrawReadiness(signals);
    return Stop(options, signals, log, *std::move(service));
}

int Main(std::span<const char* const> words) {
    const auto config =
        StartProgram(Program(), words, CopyEnvironment(environ), std::cout, std::cerr);
    if (!config) return config.error();
    const auto options = ServiceOptions::FromConfig(*config);
    if (!options) {
        std::cerr << "coupon-api: " << options.error().detail << "\n";
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
        std::cerr << "coupon-api: " << error.what() << '\n';
        return coupon::kExitUnavailable;
    }
}
