#include "admission/blocking_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <latch>
#include <set>
#include <string>

namespace coupon::admission {
namespace {

/// One thread, which is at work until GoOn. What was run or refused is spelled in `order_`.
class BusyThread : public ::testing::Test {
protected:
    BusyThread() {
        EXPECT_TRUE(threads_.Push({.run = [&](std::size_t) {
            begun_.count_down();
            go_on_.wait();
            order_ += "a";
        }}));
        begun_.wait();
    }
    ~BusyThread() override {
        if (!go_on_.try_wait()) GoOn();
    }
    void GoOn() { go_on_.count_down(); }
    /// Small when it is run, capital when it is refused.
    BlockingThreads::Task Named(char name, MonotonicTime deadline = MonotonicTime::max()) {
        return {.run = [this, name](std::size_t) { order_ += name; },
                .refuse = [this, name] { order_ += static_cast<char>(name - 'a' + 'A'); },
                .deadline = deadline};
    }

    std::latch begun_{1};
    std::latch go_on_{1};
    std::string order_;
    BlockingThreads threads_{1, 3};
};

TEST_F(BusyThread, TakesNoMoreThanItsQueueHolds) {
    std::promise<void> done;
    EXPECT_TRUE(threads_.Push(Named('b')));
    EXPECT_TRUE(threads_.Push(Named('c')));
    EXPECT_TRUE(threads_.Push({.run = [&](std::size_t) { done.set_value(); }}));
    EXPECT_FALSE(threads_.Push(Named('x')));
    GoOn();
    done.get_future().wait();
    EXPECT_EQ(order_, "abc");
}

TEST_F(BusyThread, RefusesAtAStopWhatHasNotBegun) {
    EXPECT_TRUE(threads_.Push(Named('b')));
    EXPECT_TRUE(threads_.Push(Named('c')));
    threads_.Close();
    EXPECT_EQ(order_, "BC") << "while the thread is at work";
    EXPECT_FALSE(threads_.Push(Named('x')));
    GoOn();
    threads_.Stop();
    EXPECT_EQ(order_, "BCa");
    threads_.Stop();
}

TEST_F(BusyThread, RefusesWhatWasNotBegunInTimeWhoeverSeesItFirst) {
    const MonotonicTime now = std::chrono::steady_clock::now();
    EXPECT_TRUE(threads_.Push(Named('b', now)));
    EXPECT_TRUE(threads_.Push(Named('c', now + std::chrono::seconds{1})));
    threads_.RefuseOverdue(now);
    EXPECT_EQ(order_, "B");
    threads_.RefuseOverdue(now + std::chrono::seconds{1});
    EXPECT_EQ(order_, "BC");
    EXPECT_TRUE(threads_.Push(Named('d', now)));
    std::promise<void> done;
    EXPECT_TRUE(threads_.Push({.run = [&](std::size_t) { done.set_value(); }}));
    GoOn();
    done.get_future().wait();
    EXPECT_EQ(order_, "BCaD");
}

TEST(BlockingThreads, RunsOnAsManyThreadsAsItHasAndNamesThem) {
    BlockingThreads threads(2, 8);
    std::latch both(3);
    std::atomic<int> names{0};
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(threads.Push({.run = [&](std::size_t thread) {
            both.arrive_and_wait();
            names.fetch_add(thread == 0 ? 1 : 10);
        }}));
    }
    both.arrive_and_wait();
    threads.Stop();
    EXPECT_EQ(names.load(), 11);
}

TEST(BlockingThreads, IsIdleWhenNothingCame) {
    std::promise<void> idle;
    std::atomic<int> times{0};
    BlockingThreads threads(
        1, 8,
        [&](std::size_t) {
            if (times.fetch_add(1) == 1) idle.set_value();
        },
        std::chrono::milliseconds{1});
    EXPECT_EQ(idle.get_future().wait_for(std::chrono::seconds{10}), std::future_status::ready);
}

}  // namespace
}  // namespace coupon::admission
