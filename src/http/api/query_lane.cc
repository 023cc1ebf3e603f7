#include "http/api/query_lane.h"

#include <utility>

namespace coupon::http::api {

QueryLane::QueryLane(std::unique_ptr<QueryStore> store, std::size_t waiting_max)
    : store_(std::move(store)), waiting_max_(waiting_max), thread_([this] { Work(); }) {}

QueryLane::~QueryLane() {
    Close();
    Join();
}

bool QueryLane::Submit(Task task) {
    {
        const MutexLock lock(mutex_);
        if (closed_ || waiting_.size() >= waiting_max_) return false;
        waiting_.push_back(std::move(task));
    }
    changed_.NotifyOne();
    return true;
}

void QueryLane::Close() {
    std::deque<Task> dropped;
    {
        const MutexLock lock(mutex_);
        closed_ = true;
        dropped.swap(waiting_);
    }
    store_->Interrupt();
    changed_.NotifyOne();
    for (const Task& task : dropped) {
        if (task.drop) task.drop();
    }
}

void QueryLane::Join() {
    if (thread_.joinable()) thread_.join();
}

void QueryLane::Work() {
    while (true) {
        Task task;
        {
            const MutexLock lock(mutex_);
            while (waiting_.empty()) {
                if (closed_) return;
                changed_.Wait(mutex_);
            }
            task = std::move(waiting_.front());
            waiting_.pop_front();
        }
        task.run(*store_);
    }
}

}  // namespace coupon::http::api
