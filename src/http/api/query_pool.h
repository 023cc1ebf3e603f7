#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "common/error.h"
#include "http/api/query_lane.h"
#include "http/event_loop.h"

namespace coupon::http::api {

/// What one query costs. Short: a page of rows, a scrape; limits::kShortQueriesMax may wait. Long:
/// an audit, a backup or a rebuild, over everything; limits::kLongQueriesMax may wait. Neither kind
/// ever waits for the other.
enum class QueryLength { kShort, kLong };

/// Two threads, one a length, each with a store of its own, for everything that must not run on an
/// event loop. Tasks may Post to loops: Stop must come before the server is destroyed. Thread-safe.
class QueryPool {
public:
    using Task = QueryLane::Task;

    /// Opens a store a thread. Blocking. Errors as `open`.
    static Result<std::unique_ptr<QueryPool>> Open(const QueryStoreFactory& open);
    /// Stops.
    ~QueryPool();
    QueryPool(const QueryPool&) = delete;
    QueryPool& operator=(const QueryPool&) = delete;

    /// Runs the task on the thread of its length. False, and nothing of it is called: too many of
    /// this length wait, or the pool takes no more of them. Any thread; never blocks.
    bool Submit(QueryLength length, Task task);

    /// Ends the long queries, so that their callers are answered before a stop waits for them:
    /// breaks off the one that runs, drops what waits, takes no more. Does not wait. Any thread.
    void BreakOffLongQueries();
    /// The same for all, and waits for the threads. Any thread but the pool's own; more than one
    /// call is fine.
    void Stop();

private:
    QueryPool(std::unique_ptr<QueryStore> for_short, std::unique_ptr<QueryStore> for_long);

    QueryLane short_;
    QueryLane long_;
};

/// What a query that a stop came before is answered.
Error QueryDropped();

/// Runs `query(store)` on the pool, then `done(result)` on `loop`'s thread; a query that a stop
/// comes before is answered QueryDropped if its result is a Result, else not at all (the loops have
/// ended by then). False, and neither is run, when the pool is full. The result must be copyable.
template <class Query, class Done>
bool QueryThenPost(QueryPool& pool, QueryLength length, EventLoop& loop, Query query, Done done) {
    using Answer = std::invoke_result_t<Query&, QueryStore&>;
    const auto post = [&loop, done = std::move(done)](Answer answer) {
        loop.Post([answer = std::move(answer), done]() mutable { done(std::move(answer)); });
    };
    QueryPool::Task task{
        .run = [post, query = std::move(query)](QueryStore& store) mutable { post(query(store)); }};
    if constexpr (std::is_constructible_v<Answer, std::unexpected<Error>>) {
        task.drop = [post] { post(std::unexpected(QueryDropped())); };
    }
    return pool.Submit(length, std::move(task));
}

}  // namespace coupon::http::api
