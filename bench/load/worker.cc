#include "load/worker.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "common/check.h"

namespace coupon::load {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
/// Requests of one class sent between two looks at the answers, so that a class with much to send
/// does not hold up the others.
constexpr int kSendsPerTurnMax = 32;
constexpr int kEventsPerTurnMax = 128;
constexpr std::int64_t kSweepEveryNs = 20'000'000;
/// Requests due within this time of each other leave in one wake-up: a wake-up costs as much as a
/// request.
constexpr unsigned long kTimerSlackNs = 20'000;

double CpuSecondsOfThread() {
    rusage use{};
    ::getrusage(RUSAGE_THREAD, &use);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(use.ru_utime) + seconds(use.ru_stime);
}

void SleepUntil(std::int64_t at_ns) {
    const timespec at{.tv_sec = at_ns / kSecond, .tv_nsec = at_ns % kSecond};
    while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr) == EINTR) {
    }
}

std::size_t ShareOf(std::size_t total, std::size_t worker, std::size_t workers) {
    return total / workers + (worker < total % workers ? 1 : 0);
}

}  // namespace

std::int64_t MonotonicNs() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * kSecond + now.tv_nsec;
}

Worker::Worker(const LoadOptions& options, std::size_t number)
    : options_(options), number_(number), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    CHECK(epoll_ >= 0);
    lanes_.reserve(options.classes.size());
    for (const ClassOptions& one : options.classes) {
        const std::size_t share = ShareOf(one.connections, number, options.threads);
        const auto lane = static_cast<std::uint32_t>(lanes_.size());
        lanes_.emplace_back(one, number, options.threads, share);
        for (std::size_t count = 0; count < share; ++count) {
            Connection& connection = connections_.emplace_back();
            connection.scanner = ResponseScanner(one.wants_sequence);
            connection.lane = lane;
        }
    }
}

Worker::~Worker() { ::close(epoll_); }

Result<void> Worker::Connect() {
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(options_.timeout);
    for (std::uint32_t index = 0; index < connections_.size(); ++index) {
        Connection& connection = connections_[index];
        auto socket = ConnectNow(options_.target, timeout);
        if (!socket) {
            socket.error().detail += " after " + std::to_string(index) + " connections";
            return std::unexpected(std::move(socket.error()));
        }
        connection.socket = std::move(*socket);
        Watch(index, EPOLLIN, EPOLL_CTL_ADD);
        lanes_[connection.lane].BecameFree(index, connection, MonotonicNs());
    }
    return {};
}

void Worker::Run(std::int64_t start_ns) {
    ::prctl(PR_SET_TIMERSLACK, kTimerSlackNs, 0, 0, 0);
    for (Lane& lane : lanes_) lane.Start(start_ns);
    SleepUntil(start_ns);
    const double cpu_before = CpuSecondsOfThread();
    std::int64_t now_ns = start_ns;
    while (true) {
        for (Lane& lane : lanes_) SendDue(lane);
        now_ns = MonotonicNs();
        if (now_ns >= sweep_ns_) {
            Sweep(now_ns);
            sweep_ns_ = now_ns + std::min(kSweepEveryNs, options_.timeout.count() / 8 + 1);
        }
        if (Finished()) break;
        WaitForEvents(now_ns);
    }
    use_.cpu_seconds = CpuSecondsOfThread() - cpu_before;
    use_.seconds = static_cast<double>(now_ns - start_ns) / 1e9;
}

bool Worker::Finished() const {
    return std::ranges::all_of(lanes_, [](const Lane& lane) { return lane.Finished(); });
}

void Worker::SendDue(Lane& lane) {
    // Not kSendsPerTurnMax at a time: far beyond capacity the run would outlast its schedule.
    if (lane.OpenLoop() && lane.Free() == 0) GiveUpOverdue(lane, MonotonicNs());
    for (int sends = 0; sends < kSendsPerTurnMax; ++sends) {
        const std::int64_t now_ns = MonotonicNs();
        if (!lane.Due(now_ns)) return;
        const std::int64_t free_since_ns = lane.FreeSinceNs();
        if (const auto index = lane.TakeFree(connections_)) {
            const std::int64_t could_ns =
                lane.OpenLoop() ? std::max(free_since_ns, lane.NextNs()) : now_ns;
            SendNext(lane, *index, now_ns, now_ns - could_ns);
        } else {
            return;
        }
    }
}

void Worker::WaitForEvents(std::int64_t now_ns) {
    std::array<epoll_event, kEventsPerTurnMax> events{};
    const std::int64_t sleep_ns = std::max<std::int64_t>(0, NextWakeNs() - now_ns);
    const timespec sleep{.tv_sec = sleep_ns / kSecond, .tv_nsec = sleep_ns % kSecond};
    const int count = ::epoll_pwait2(epoll_, events.data(), kEventsPerTurnMax, &sleep, nullptr);
    CHECK(count >= 0 || errno == EINTR);
    if (sleep_ns > 0) use_.wait_seconds += static_cast<double>(MonotonicNs() - now_ns) / 1e9;
    for (int event = 0; event < count; ++event) {
        OnEvent(events[static_cast<std::size_t>(event)].data.u32);
    }
}

std::int64_t Worker::NextWakeNs() const {
    std::int64_t wake_ns = sweep_ns_;
    for (const Lane& lane : lanes_) {
        if (lane.Sending() && lane.Free() > 0) wake_ns = std::min(wake_ns, lane.NextNs());
    }
    return wake_ns;
}

void Worker::Sweep(std::int64_t now_ns) {
    const std::int64_t timeout_ns = options_.timeout.count();
    for (std::uint32_t index = 0; index < connections_.size(); ++index) {
        Connection& connection = connections_[index];
        switch (connection.state) {
            case State::kFree: break;
            case State::kBusy:
            case State::kConnecting:
                if (now_ns - connection.since_ns > timeout_ns) {
                    Break(connection, Ending::kTimedOut, now_ns);
                }
                break;
            case State::kDown:
                if (now_ns >= connection.since_ns) Reopen(index, connection, now_ns);
                break;
        }
    }
}

}  // namespace coupon::load
