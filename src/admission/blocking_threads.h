#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <thread>
#include <vector>

#include "common/mutex.h"

namespace coupon::admission {

/// Threads for work that blocks, with a bounded queue in front. Thread-safe.
class BlockingThreads {
public:
    /// Run on one of the threads, which is named from 0 on: what is confined to a thread stands in
    /// a table of the owner.
    using Work = std::function<void(std::size_t thread)>;

    /// `idle`, if any, runs when nothing came for `idle_after`.
    BlockingThreads(std::size_t threads, std::size_t queued_max, Work idle = nullptr,
                    std::chrono::milliseconds idle_after = std::chrono::hours{1});
    /// Stops.
    ~BlockingThreads();
    BlockingThreads(const BlockingThreads&) = delete;
    BlockingThreads& operator=(const BlockingThreads&) = delete;

    /// False: too much waits, or it is stopped; `work` will not run.
    bool Push(Work work);
    /// Finishes what was pushed, takes nothing more, and returns when all threads have ended.
    /// Idempotent; not from one of the threads.
    void Stop();

private:
    void Run(std::size_t thread);

    const std::size_t queued_max_;
    const Work idle_;
    const std::chrono::milliseconds idle_after_;
    Mutex mutex_;
    CondVar changed_;
    std::deque<Work> queue_ GUARDED_BY(mutex_);
    bool stopping_ GUARDED_BY(mutex_) = false;
    std::vector<std::thread> threads_;  // last: they use all of the above
};

}  // namespace coupon::admission
