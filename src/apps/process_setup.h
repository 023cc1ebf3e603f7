#pragma once

#include <chrono>
#include <csignal>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/log.h"
#include "common/log_settings.h"

namespace coupon {

/// SIGTERM and SIGINT as something to wait for. Blocks both in the calling thread, and so in every
/// thread that is made afterwards; ignores SIGPIPE (a write to a closed connection) and SIGXFSZ (a
/// write beyond the file size limit), which then arrive as errors of the calls. One object a
/// process, made in main before any thread.
class StopSignals {
public:
    StopSignals();
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;

    /// Blocks until one arrives; its name, "SIGTERM". Another one within limits::kSignalEcho is
    /// taken with it: some send one to the process and one to its group.
    std::string_view Wait();
    /// Waits at most `duration`; true if another one arrived: the operator is in a hurry.
    bool WaitFor(std::chrono::milliseconds duration);

private:
    sigset_t set_;
};

/// Files and folders that the process makes from here on are its owner's only: the store holds who
/// won what.
void KeepNewFilesPrivate();

/// The frame of a program that serves: blocks the signals before any thread is made, keeps its
/// files private, opens the log, and runs `run`, whose result is the process's exit code. Call it
/// last in main: where nobody reads the log, it ends the process itself.
int ServeWithLog(
    std::string application, const LogSettings& settings,
    const std::function<int(StopSignals& signals, const Clock& clock, const Logger& log)>& run);

/// Lifts the soft limit of open files to the hard one. The connections of `wanted` that fit in it,
/// at least 1; warns when these are fewer. Beyond what fits a connection could not even be told
/// that it is refused.
std::size_t RaiseFileLimit(std::size_t wanted, const Logger& log);

}  // namespace coupon
