#include "http/api/query_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include "common/limits.h"
#include "http/api/embedded_query_store.h"
#include "http/api/listed_coupons.h"
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
        pool_ =
            QueryPool::Open([&] {
                return EmbeddedQueryStore::Open(ledger_->DatabasePath(), folder_.Path(), engine_);
            }).value();
    }

    /// Occupies the thread of `length` until gate_ opens.
    void Block(QueryLength length) {
        std::promise<void> began;
        ASSERT_TRUE(pool_->Submit(length, {.run = [this, &began](QueryStore&) {
                                      began.set_value();
                                      open_.wait();
                                  }}));
        began.get_future().wait();
    }
    /// Whether a task of `length` is run although the other length's thread is occupied.
    bool Runs(QueryLength length) {
        std::promise<void> run;
        if (!pool_->Submit(length, {.run = [&](QueryStore&) { run.set_value(); }})) {
            return false;
        }
        run.get_future().wait();
        return true;
    }
    /// Tasks of `length` that are taken until one is refused; run_ and dropped_ count them.
    std::size_t Fill(QueryLength length) {
        const QueryPool::Task count{.run = [this](QueryStore&) { ++run_; },
                                    .drop = [this] { ++dropped_; }};
        std::size_t taken = 0;
        while (pool_->Submit(length, count)) ++taken;
        return taken;
    }

    support::TemporaryFolder folder_;
    std::promise<void> gate_;
    std::shared_future<void> open_{gate_.get_future()};
    std::atomic<std::size_t> run_{0};
    std::atomic<std::size_t> dropped_{0};
    std::unique_ptr<ledger::SqliteLedger> ledger_;
    ListedCoupons engine_{{}};
    std::unique_ptr<QueryPool> pool_;
};

TEST_F(QueryPoolTest, ShortQueriesGoOnBesideAllTheLongOnesThatMayWait) {
    Block(QueryLength::kLong);
    EXPECT_EQ(Fill(QueryLength::kLong), limits::kLongQueriesMax);
    EXPECT_TRUE(Runs(QueryLength::kShort));
    gate_.set_value();
}

TEST_F(QueryPoolTest, LongQueriesGoOnBesideAllTheShortOnesThatMayWait) {
    Block(QueryLength::kShort);
    EXPECT_EQ(Fill(QueryLength::kShort), limits::kShortQueriesMax);
    EXPECT_TRUE(Runs(QueryLength::kLong));
    gate_.set_value();
}

TEST_F(QueryPoolTest, StopDropsWhatWaits) {
    Block(QueryLength::kLong);
    Block(QueryLength::kShort);
    const std::size_t taken = Fill(QueryLength::kLong) + Fill(QueryLength::kShort);
    std::thread stop([&] { pool_->Stop(); });
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (dropped_ < taken && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_EQ(dropped_, taken);
    EXPECT_EQ(Fill(QueryLength::kShort), 0U) << "nothing is taken after the end";
    gate_.set_value();
    stop.join();
    EXPECT_EQ(run_, 0U) << "the queue is not worked off";
}

TEST_F(QueryPoolTest, StopBreaksOffTheQueryThatRuns) {
    std::promise<void> began;
    std::atomic<bool> broken_off{false};
    ASSERT_TRUE(pool_->Submit(
        QueryLength::kLong, {.run = [&](QueryStore& store) {
            began.set_value();
            const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
            while (!broken_off && std::chrono::steady_clock::now() < deadline) {
                const auto report = store.Audit();
                broken_off = !report && report.error().code == ErrorCode::kUnavailable;
            }
        }}));
    began.get_future().wait();
    pool_->BreakOffLongQueries();
    EXPECT_TRUE(Runs(QueryLength::kShort)) << "those go on until the loops have ended";
    pool_->Stop();
    EXPECT_TRUE(broken_off);
}

}  // namespace
}  // namespace coupon::http::api
