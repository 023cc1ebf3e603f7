#include "admission/blocking_threads.h"

#include <utility>

namespace coupon::admission {
namespace {

void Refuse(const BlockingThreads::Task& task) {
    if (task.refuse) task.refuse();
}

}  // namespace

BlockingThreads::BlockingThreads(std::size_t threads, std::size_t queued_max, Work idle,
                                 std::chrono::milliseconds idle_after)
    : queued_max_(queued_max), idle_(std::move(idle)), idle_after_(idle_after) {
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this, i] { Run(i); });
    }
}

BlockingThreads::~BlockingThreads() { Stop(); }

bool BlockingThreads::Push(Task task) {
    const MutexLock lock(mutex_);
    if (stopping_ || queue_.size() >= queued_max_) return false;
    queue_.push_back(std::move(task));
    changed_.NotifyOne();
    return true;
}

void BlockingThreads::RefuseOverdue(MonotonicTime now) {
    std::vector<Task> overdue;
    {
        const MutexLock lock(mutex_);
        while (!queue_.empty() && queue_.front().deadline <= now) {
            overdue.push_back(std::move(queue_.front()));
            queue_.pop_front();
        }
    }
    for (const Task& task : overdue) Refuse(task);
}

void BlockingThreads::Close() {
    std::deque<Task> refused;
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
        refused.swap(queue_);
        changed_.NotifyAll();
    }
    for (const Task& task : refused) Refuse(task);
}

void BlockingThreads::Stop() {
    Close();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

void BlockingThreads::Run(std::size_t thread) {
    while (true) {
        Task task;
        {
            const MutexLock lock(mutex_);
            const auto idle_at = std::chrono::steady_clock::now() + idle_after_;
            bool in_time = true;
            while (queue_.empty() && !stopping_ && in_time) {
                in_time = changed_.WaitUntil(mutex_, idle_at);
            }
            if (!queue_.empty()) {
                task = std::move(queue_.front());
                queue_.pop_front();
            } else if (stopping_) {
                return;
            } else {
                task.run = idle_;
            }
        }
        if (task.deadline <= std::chrono::steady_clock::now()) {
            Refuse(task);
        } else if (task.run) {
            task.run(thread);
        }
    }
}

}  // namespace coupon::admission
