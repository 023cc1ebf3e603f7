#include "http/mailbox.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace coupon::http {

void Mailbox::Post(Task task) {
    const MutexLock lock(mutex_);
    if (io_ == nullptr) return;
    waiting_.push_back(std::move(task));
    if (waiting_.size() == 1) {
        // Under the lock, so that Close cannot end the io_context in between.
        boost::asio::post(*io_, [self = shared_from_this()] { self->RunAll(); });
    }
}

void Mailbox::Close() {
    std::vector<Task> dropped;
    const MutexLock lock(mutex_);
    io_ = nullptr;
    dropped.swap(waiting_);
}

void Mailbox::RunAll() {
    {
        const MutexLock lock(mutex_);
        running_.swap(waiting_);
    }
    for (Task& task : running_) task();
    running_.clear();
}

}  // namespace coupon::http
