#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "common/mutex.h"

namespace coupon::http {

/// Tasks from any thread for one loop. Shared with callbacks that may outlive the loop: after Close
/// they are dropped. Guarded by a mutex that is never held while a task runs.
class Mailbox : public std::enable_shared_from_this<Mailbox> {
public:
    using Task = std::function<void()>;

    explicit Mailbox(boost::asio::io_context& io) : io_(&io) {}

    /// Any thread. The first task since the last run wakes the loop, the others ride along.
    void Post(Task task);
    /// Drops what waits and everything that comes. Any thread; must come before the io_context
    /// ends.
    void Close();

private:
    void RunAll();

    Mutex mutex_;
    boost::asio::io_context* io_ GUARDED_BY(mutex_);  ///< null once closed
    /// Not empty = a run is scheduled. What bounds it: a task answers an exchange that is pending
    /// or moves a stream on, and a connection has one of either; so server.max_connections, and a
    /// few of the server's own.
    std::vector<Task> waiting_ GUARDED_BY(mutex_);
    std::vector<Task> running_;  ///< loop's thread only; kept for its memory
};

}  // namespace coupon::http
