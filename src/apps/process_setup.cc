#include "apps/process_setup.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "common/check.h"
#include "common/limits.h"

namespace coupon {
StopSignals::StopSignals() : set_{} {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    CHECK(pthread_sigmask(SIG_BLOCK, &set_, nullptr) == 0);
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
}

std::string_view StopSignals::Wait() {
    int signal = 0;
    while (sigwait(&set_, &signal) != 0) continue;
    WaitFor(limits::kSignalEcho);
    return signal == SIGINT ? "SIGINT" : "SIGTERM";
}

bool StopSignals::WaitFor(std::chrono::milliseconds duration) {
    const auto deadline = std::chrono::steady_clock::now() + duration;
    while (true) {
        const auto left = std::max(deadline - std::chrono::steady_clock::now(),
                                   std::chrono::steady_clock::duration{});
        const auto seconds = std::chrono::floor<std::chrono::seconds>(left);
        timespec timeout{};
        timeout.tv_sec = seconds.count();
        timeout.tv_nsec = std::chrono::nanoseconds(left - seconds).count();
        if (sigtimedwait(&set_, nullptr, &timeout) > 0) return true;
        if (errno != EINTR) return false;  // a debugger that attaches interrupts the wait
    }
}

void KeepNewFilesPrivate() { ::umask(S_IRWXG | S_IRWXO); }

int ServeWithLog(
    std::string application, const LogSettings& settings,
    const std::function<int(StopSignals& signals, const Clock& clock, const Logger& log)>& run) {
    StopSignals signals;  // before any thread: they inherit the mask
    KeepNewFilesPrivate();
    const SystemClock clock;
    const Logger log({.application = std::move(application),
                      .level = settings.level,
                      .format = ResolveLogFormat(settings.format, StderrIsTerminal())},
                     clock);
    const int exit_code = run(signals, clock, log);
    // exit() flushes stdout: with a reader that has stalled it would not return.
    if (!log.Flush()) ::_exit(exit_code);
    return exit_code;
}

std::size_t RaiseFileLimit(std::size_t wanted, const Logger& log) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
    if (limit.rlim_cur >= wanted + limits::kFilesBesideConnections) return wanted;
    const std::size_t fit = limit.rlim_cur > limits::kFilesBesideConnections
                                ? limit.rlim_cur - limits::kFilesBesideConnections
                                : 1;
    log.Warning(
        "the limit of open files is too low for server.max_connections",
        {{"open_files", limit.rlim_cur}, {"server.max_connections", wanted}, {"connections", fit}});
    return fit;
}

}  // namespace coupon
