#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/mutex.h"
#include "http/event_loop.h"
#include "ledger/sqlite_reader.h"

namespace coupon::http::api {

/// What one query costs: a long one (audit, backup) never holds more than one thread, so that short
/// ones go on.
enum class QueryLength { kShort, kLong };

/// A few threads, each with its own reader of the embedded store, for everything that must not run
/// on an event loop. Tasks may Post to loops: Stop must come before the server is destroyed.
/// Thread-safe.
class QueryPool {
public:
    using Task = std::function<void(ledger::SqliteReader&)>;

    /// Opens limits::kQueryThreads readers of `database`. Blocking. Errors as SqliteReader::Open.
    static Result<std::unique_ptr<QueryPool>> Open(const std::filesystem::path& database);
    /// Stops.
    ~QueryPool();
    QueryPool(const QueryPool&) = delete;
    QueryPool& operator=(const QueryPool&) = delete;

    /// Runs `task` on one of the threads. False, and it is not run: limits::kQueryQueueEntriesMax
    /// wait already, or the pool has stopped. `task` must not throw. Any thread; never blocks.
    bool Submit(QueryLength length, Task task);

    /// Runs what waits, then ends the threads. Any thread but the pool's own; more than one call is
    /// fine.
    void Stop();

private:
    explicit QueryPool(std::vector<std::unique_ptr<ledger::SqliteReader>> readers);
    void Work(ledger::SqliteReader& reader);
    bool LongMayStart() const REQUIRES(mutex_) { return !long_.empty() && !long_running_; }

    std::vector<std::unique_ptr<ledger::SqliteReader>> readers_;
    Mutex mutex_;
    CondVar changed_;
    std::deque<Task> short_ GUARDED_BY(mutex_);
    std::deque<Task> long_ GUARDED_BY(mutex_);
    bool long_running_ GUARDED_BY(mutex_) = false;
    bool stopping_ GUARDED_BY(mutex_) = false;
    std::vector<std::thread> threads_;
};

/// Runs `query(reader)` on the pool, then `done(result)` on `loop`'s thread. False, and neither is
/// run, when the pool is full. The result must be copyable.
template <class Query, class Done>
bool QueryThenPost(QueryPool& pool, QueryLength length, EventLoop& loop, Query query, Done done) {
    return pool.Submit(length, [&loop, query = std::move(query),
                                done = std::move(done)](ledger::SqliteReader& reader) mutable {
        loop.Post([result = query(reader), done = std::move(done)]() mutable {
            done(std::move(result));
        });
    });
}

}  // namespace coupon::http::api
