#include "http/api/query_pool.h"

#include "common/limits.h"

namespace coupon::http::api {

Error QueryDropped() {
    return {.code = ErrorCode::kUnavailable,
            .operation = "query",
            .applied = Applied::kNo,
            .retry_is_safe = true,
            .detail = "the service is stopping"};
}

Result<std::unique_ptr<QueryPool>> QueryPool::Open(const QueryStoreFactory& open) {
    auto for_short = open();
    if (!for_short) return std::unexpected(std::move(for_short).error());
    auto for_long = open();
    if (!for_long) return std::unexpected(std::move(for_long).error());
    return std::unique_ptr<QueryPool>(new QueryPool(*std::move(for_short), *std::move(for_long)));
}

QueryPool::QueryPool(std::unique_ptr<QueryStore> for_short, std::unique_ptr<QueryStore> for_long)
    : short_(std::move(for_short), limits::kShortQueriesMax),
      long_(std::move(for_long), limits::kLongQueriesMax) {}

QueryPool::~QueryPool() { Stop(); }

bool QueryPool::Submit(QueryLength length, Task task) {
    return (length == QueryLength::kShort ? short_ : long_).Submit(std::move(task));
}

void QueryPool::BreakOffLongQueries() { long_.Close(); }

void QueryPool::Stop() {
    short_.Close();
    long_.Close();
    short_.Join();
    long_.Join();
}

}  // namespace coupon::http::api
