#include "apps/process_setup.h"

#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "common/check.h"
#include "common/limits.h"

namespace coupon {
StopSignals::StopSignals() {
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
    return signal == SIGINT ? "SIGINT" : "SIGTERM";
}

bool StopSignals::WaitFor(std::chrono::milliseconds duration) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration);
    const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(duration - seconds);
    timespec timeout{};
    timeout.tv_sec = seconds.count();
    timeout.tv_nsec = rest.count();
    return sigtimedwait(&set_, nullptr, &timeout) > 0;
}

void KeepNewFilesPrivate() { ::umask(S_IRWXG | S_IRWXO); }

void RaiseFileLimit(std::size_t connections, const Logger& log) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    if (limit.rlim_cur < connections + limits::kFilesBesideConnections) {
        log.Warning("the limit of open files is below server.max_connections",
                    {{"open_files", limit.rlim_cur}, {"server.max_connections", connections}});
    }
}

}  // namespace coupon
