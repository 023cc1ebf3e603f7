#include "apps/stop_watchdog.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <string_view>

#include "common/check.h"
#include "common/exit_code.h"

namespace coupon {
namespace {

[[noreturn]] void LeaveAtOnce(const Logger& log, std::string_view why) {
    log.Error(why);
    log.Flush();
    ::_exit(kExitUnavailable);  // no destructors: other threads still use what they would destroy
}

}  // namespace

StopWatchdog::StopWatchdog(StopSignals& signals, std::chrono::milliseconds within,
                           const Logger& log)
    : thread_([this, &signals, within, &log] {
          const bool signalled = signals.WaitFor(within);
          if (stopped_.load(std::memory_order_acquire)) return;
          LeaveAtOnce(log, signalled ? "a second signal: left without finishing"
                                     : "the stop took too long: left without finishing");
      }) {}

StopWatchdog::~StopWatchdog() {
    stopped_.store(true, std::memory_order_release);
    // Wakes the wait: every thread blocks this signal, and the one waits for it.
    // NOLINTNEXTLINE(bugprone-bad-signal-to-kill-thread)
    CHECK(pthread_kill(thread_.native_handle(), SIGTERM) == 0);
    thread_.join();
}

}  // namespace coupon
