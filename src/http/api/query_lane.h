#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <thread>

#include "common/mutex.h"
#include "http/api/query_store.h"

namespace coupon::http::api {

/// One thread with its own store, and the tasks that wait for it. Thread-safe.
class QueryLane {
public:
    struct Task {
        std::function<void(QueryStore&)> run;  ///< must not throw
        std::function<void()> drop =
            {};  ///< called instead when the lane closes first; may be empty
    };

    /// `waiting_max`: tasks that may wait beside the one that runs.
    QueryLane(std::unique_ptr<QueryStore> store, std::size_t waiting_max);
    /// Closes and joins.
    ~QueryLane();
    QueryLane(const QueryLane&) = delete;
    QueryLane& operator=(const QueryLane&) = delete;

    /// False, and the task is neither run nor dropped: too many wait, or the lane is closed. Never
    /// blocks.
    bool Submit(Task task);
    /// Takes no further task, drops what waits (on the caller's thread) and breaks off the query
    /// that runs: its task gets an error from the store and ends as with any other. Does not wait
    /// for that.
    void Close();
    /// Waits for the thread, after Close. Any thread but the lane's; more than one call is fine,
    /// one at a time.
    void Join();

private:
    void Work();

    const std::unique_ptr<QueryStore> store_;
    const std::size_t waiting_max_;
    Mutex mutex_;
    CondVar changed_;
    std::deque<Task> waiting_ GUARDED_BY(mutex_);
    bool closed_ GUARDED_BY(mutex_) = false;
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace coupon::http::api
