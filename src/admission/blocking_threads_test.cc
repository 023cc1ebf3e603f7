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

TEST(BlockingThreads, RefusesBeyondItsQueueAndFinishesWhatItTook) {
    BlockingThreads threads(1, 2);
    std::latch begun(1);
    std::latch go_on(1);
    std::string order;
    ASSERT_TRUE(threads.Push([&](std::size_t) {
        begun.count_down();
        go_on.wait();
        order += "a";
    }));
    begun.wait();
    EXPECT_TRUE(threads.Push([&](std::size_t) { order += "b"; }));
    EXPECT_TRUE(threads.Push([&](std::size_t) { order += "c"; }));
    EXPECT_FALSE(threads.Push([&](std::size_t) { order += "x"; }));
    go_on.count_down();
    threads.Stop();
    EXPECT_EQ(order, "abc");
    EXPECT_FALSE(threads.Push([&](std::size_t) { order += "x"; })) << "stopped";
    threads.Stop();
}

TEST(BlockingThreads, RunsOnAsManyThreadsAsItHasAndNamesThem) {
    BlockingThreads threads(2, 8);
    std::latch both(2);
    std::atomic<int> names{0};
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(threads.Push([&](std::size_t thread) {
            both.arrive_and_wait();
            names.fetch_add(thread == 0 ? 1 : 10);
        }));
    }
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
