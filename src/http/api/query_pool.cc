#include "http/api/query_pool.h"

#include "common/limits.h"

namespace coupon::http::api {

Result<std::unique_ptr<QueryPool>> QueryPool::Open(const std::filesystem::path& database) {
    std::vector<std::unique_ptr<ledger::SqliteReader>> readers;
    for (std::size_t i = 0; i < limits::kQueryThreads; ++i) {
        auto reader = ledger::SqliteReader::Open(database);
        if (!reader) return std::unexpected(std::move(reader).error());
        readers.push_back(*std::move(reader));
    }
    return std::unique_ptr<QueryPool>(new QueryPool(std::move(readers)));
}

QueryPool::QueryPool(std::vector<std::unique_ptr<ledger::SqliteReader>> readers)
    : readers_(std::move(readers)) {
    for (const auto& reader : readers_) {
        threads_.emplace_back([this, &reader = *reader] { Work(reader); });
    }
}

QueryPool::~QueryPool() { Stop(); }

bool QueryPool::Submit(QueryLength length, Task task) {
    {
        const MutexLock lock(mutex_);
        if (stopping_ || short_.size() + long_.size() >= limits::kQueryQueueEntriesMax)
            return false;
        (length == QueryLength::kShort ? short_ : long_).push_back(std::move(task));
    }
    changed_.NotifyOne();
    return true;
}

void QueryPool::Stop() {
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
    }
    changed_.NotifyAll();
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
}

void QueryPool::Work(ledger::SqliteReader& reader) {
    while (true) {
        Task task;
        bool is_long = false;
        {
            const MutexLock lock(mutex_);
            while (short_.empty() && !LongMayStart()) {
                if (stopping_ && long_.empty()) return;
                changed_.Wait(mutex_);
            }
            is_long = short_.empty();
            std::deque<Task>& queue = is_long ? long_ : short_;
            task = std::move(queue.front());
            queue.pop_front();
            if (is_long) long_running_ = true;
        }
        task(reader);
        if (!is_long) continue;
        {
            const MutexLock lock(mutex_);
            long_running_ = false;
        }
        changed_.NotifyAll();
    }
}

}  // namespace coupon::http::api
