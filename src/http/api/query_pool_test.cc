#include "http/api/query_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>

#include "common/limits.h"
#include "ledger/sqlite_ledger.h"
#include "tests/support/temporary_folder.h"

namespace coupon::http::api {
namespace {

class QueryPoolTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto ledger = ledger::SqliteLedger::Open({.data_dir = folder_.Path(), .vfs = {}});
        ASSERT_TRUE(ledger) << ledger.error().detail;
        ledger_ = *std::move(ledger);
        pool_ = QueryPool::Open(ledger_->DatabasePath()).value();
    }

    /// A task that begins, then waits for gate_.
    QueryPool::Task Blocked(std::promise<void>& began) {
        return [this, &began](ledger::SqliteReader&) {
            began.set_value();
            open_.wait();
        };
    }

    support::TemporaryFolder folder_;
    std::promise<void> gate_;
    std::shared_future<void> open_{gate_.get_future()};
    std::unique_ptr<ledger::SqliteLedger> ledger_;
    std::unique_ptr<QueryPool> pool_;
};

TEST_F(QueryPoolTest, LongQueriesLeaveAThreadToShortOnes) {
    std::promise<void> began;
    std::atomic<bool> second_began{false};
    ASSERT_TRUE(pool_->Submit(QueryLength::kLong, Blocked(began)));
    began.get_future().wait();
    ASSERT_TRUE(
        pool_->Submit(QueryLength::kLong, [&](ledger::SqliteReader&) { second_began = true; }));
    std::promise<void> answered;
    ASSERT_TRUE(
        pool_->Submit(QueryLength::kShort, [&](ledger::SqliteReader&) { answered.set_value(); }));
    answered.get_future().wait();
    EXPECT_FALSE(second_began);
    gate_.set_value();
    pool_->Stop();
    EXPECT_TRUE(second_began) << "what waits is run before the end";
}

TEST_F(QueryPoolTest, RefusesBeyondItsLimitAndAfterTheEnd) {
    std::promise<void> first;
    std::promise<void> second;
    ASSERT_TRUE(pool_->Submit(QueryLength::kShort, Blocked(first)));
    ASSERT_TRUE(pool_->Submit(QueryLength::kShort, Blocked(second)));
    first.get_future().wait();
    second.get_future().wait();
    std::atomic<std::size_t> run{0};
    const auto count = [&](ledger::SqliteReader&) { ++run; };
    for (std::size_t i = 0; i < limits::kQueryQueueEntriesMax; ++i) {
        ASSERT_TRUE(pool_->Submit(i % 2 == 0 ? QueryLength::kShort : QueryLength::kLong, count))
            << i;
    }
    EXPECT_FALSE(pool_->Submit(QueryLength::kShort, count));
    EXPECT_FALSE(pool_->Submit(QueryLength::kLong, count));
    gate_.set_value();
    pool_->Stop();
    EXPECT_EQ(run, limits::kQueryQueueEntriesMax);
    EXPECT_FALSE(pool_->Submit(QueryLength::kShort, count));
}

}  // namespace
}  // namespace coupon::http::api
