#pragma once

#include <atomic>
#include <chrono>
#include <thread>

#include "apps/process_setup.h"
#include "common/log.h"

namespace coupon {

/// Ends the process with kExitUnavailable when a stop does not end by itself: after `within`, or at
/// once at a further SIGTERM or SIGINT. Nothing is undone first, as in a crash: what was answered
/// is on the disk, what was not is neither yes nor no. Watches from construction to destruction, on
/// a thread of its own; one owning thread.
class StopWatchdog {
public:
    /// `signals` and `log` must outlive it, and nobody else may wait for `signals` meanwhile.
    StopWatchdog(StopSignals& signals, std::chrono::milliseconds within, const Logger& log);
    ~StopWatchdog();
    StopWatchdog(const StopWatchdog&) = delete;
    StopWatchdog& operator=(const StopWatchdog&) = delete;

private:
    // Release in the destructor, acquire in the thread: the stop has ended in time.
    std::atomic<bool> stopped_{false};
    std::thread thread_;
};

}  // namespace coupon
