#include "admission/blocking_threads.h"

#include <utility>

namespace coupon::admission {

BlockingThreads::BlockingThreads(std::size_t threads, std::size_t queued_max, Work idle,
                                 std::chrono::milliseconds idle_after)
    : queued_max_(queued_max), idle_(std::move(idle)), idle_after_(idle_after) {
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this, i] { Run(i); });
    }
}

BlockingThreads::~BlockingThreads() { Stop(); }

bool BlockingThreads::Push(Work work) {
    const MutexLock lock(mutex_);
    if (stopping_ || queue_.size() >= queued_max_) return false;
    queue_.push_back(std::move(work));
    changed_.NotifyOne();
    return true;
}

void BlockingThreads::Stop() {
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
        changed_.NotifyAll();
    }
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void BlockingThreads::Run(std::size_t thread) {
    while (true) {
        Work work;
        {
            const MutexLock lock(mutex_);
            const auto idle_at = std::chrono::steady_clock::now() + idle_after_;
            bool in_time = true;
            while (queue_.empty() && !stopping_ && in_time) {
                in_time = changed_.WaitUntil(mutex_, idle_at);
            }
            if (!queue_.empty()) {
                work = std::move(queue_.front());
                queue_.pop_front();
            } else if (stopping_) {
                return;
            } else {
                work = idle_;
            }
        }
        if (work) work(thread);
    }
}

}  // namespace coupon::admission
