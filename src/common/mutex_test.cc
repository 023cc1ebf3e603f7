#include "common/mutex.h"

#include <gtest/gtest.h>

#include <thread>

namespace coupon {
namespace {

/// A number that grows, waited for.
class Turnstile {
public:
    void Turn() EXCLUDES(mutex_) {
        const MutexLock lock(mutex_);
        ++turns_;
        turned_.NotifyAll();
    }
    void WaitFor(int turns) EXCLUDES(mutex_) {
        const MutexLock lock(mutex_);
        while (turns_ < turns) turned_.Wait(mutex_);
    }
    int Turns() const EXCLUDES(mutex_) {
        const MutexLock lock(mutex_);
        return turns_;
    }

private:
    mutable Mutex mutex_;
    CondVar turned_;
    int turns_ GUARDED_BY(mutex_) = 0;
};

TEST(Mutex, KeepsThreadsApart) {
    Turnstile turnstile;
    std::thread first([&turnstile] {
        for (int i = 0; i < 10'000; ++i) turnstile.Turn();
    });
    std::thread second([&turnstile] {
        for (int i = 0; i < 10'000; ++i) turnstile.Turn();
    });
    turnstile.WaitFor(20'000);
    EXPECT_EQ(turnstile.Turns(), 20'000);
    first.join();
    second.join();
}

TEST(Mutex, CannotBeTakenTwice) {
    Mutex mutex;
    bool refused = false;
    {
        const MutexLock lock(mutex);
        std::thread([&mutex, &refused] {
            if (mutex.TryLock()) {
                mutex.Unlock();
            } else {
                refused = true;
            }
        }).join();
    }
    EXPECT_TRUE(refused);
    const bool taken = mutex.TryLock();
    EXPECT_TRUE(taken);
    if (taken) mutex.Unlock();
}

TEST(CondVar, SaysWhenTheDeadlineHasPassed) {
    Mutex mutex;
    CondVar condition;
    const MutexLock lock(mutex);
    EXPECT_FALSE(condition.WaitUntil(mutex, std::chrono::steady_clock::time_point{}));
}

}  // namespace
}  // namespace coupon
