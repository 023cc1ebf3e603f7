#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "common/clock.h"
#include "common/mutex.h"

namespace coupon::admission {

/// Threads for work that blocks, with a bounded queue in front. Work that is never begun is
/// refused: where a service that it needs does not answer, nobody waits longer than he said, and a
/// stop does not work through what waits. Thread-safe.
class BlockingThreads {
public:
    /// Run on one of the threads, which is named from 0 on: what is confined to a thread stands in
    /// a table of the owner.
    using Work = std::function<void(std::size_t thread)>;
    struct Task {
        Work run;
        /// Called instead, on any thread; may be empty.
        std::function<void()> refuse = nullptr;
        /// Not begun by then, it is refused.
        MonotonicTime deadline = MonotonicTime::max();
    };

    /// `idle`, if any, runs when nothing came for `idle_after`.
    BlockingThreads(std::size_t threads, std::size_t queued_max, Work idle = nullptr,
                    std::chrono::milliseconds idle_after = std::chrono::hours{1});
    /// Stops.
    ~BlockingThreads();
    BlockingThreads(const BlockingThreads&) = delete;
    BlockingThreads& operator=(const BlockingThreads&) = delete;

    /// False, and neither is called: too much waits, or it is stopped.
    bool Push(Task task);
    /// Refuses what waits in front with its deadline behind it: the threads may all be busy, so
    /// that somebody else has to see to it. Deadlines are taken to come in the order of the tasks.
    void RefuseOverdue(MonotonicTime now);
    /// Refuses what waits and takes nothing more. Does not wait. Idempotent.
    void Close();
    /// Closes, and returns when all threads have ended. Idempotent; not from one of the threads.
    void Stop();

private:
    void Run(std::size_t thread);

    const std::size_t queued_max_;
    const Work idle_;
    const std::chrono::milliseconds idle_after_;
    Mutex mutex_;
    CondVar changed_;
    std::deque<Task> queue_ GUARDED_BY(mutex_);
    bool stopping_ GUARDED_BY(mutex_) = false;
    std::vector<std::thread> threads_;  // last: they use all of the above
};

}  // namespace coupon::admission
