#pragma once

#include <chrono>
#include <csignal>
#include <cstddef>
#include <string_view>

#include "common/log.h"

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

    /// Blocks until one arrives; its name, "SIGTERM".
    std::string_view Wait();
    /// Waits at most `duration`; true if another one arrived: the operator is in a hurry.
    bool WaitFor(std::chrono::milliseconds duration);

private:
    sigset_t set_;
};

/// Files and folders that the process makes from here on are its owner's only: the store holds who
/// won what.
void KeepNewFilesPrivate();

/// Lifts the soft limit of open files to the hard one; warns when `connections` do not fit in it.
void RaiseFileLimit(std::size_t connections, const Logger& log);

}  // namespace coupon
