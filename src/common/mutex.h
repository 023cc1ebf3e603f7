#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

/// Clang's thread-safety analysis (-Wthread-safety): what is GUARDED_BY a mutex can only be touched
/// under it, checked at compile time. Other compilers see nothing.
#if defined(__clang__)
#define COUPON_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define COUPON_THREAD_ANNOTATION(x)
#endif

#define CAPABILITY(x) COUPON_THREAD_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY COUPON_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) COUPON_THREAD_ANNOTATION(guarded_by(x))
#define REQUIRES(...) COUPON_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) COUPON_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define TRY_ACQUIRE(...) COUPON_THREAD_ANNOTATION(try_acquire_capability(__VA_ARGS__))
#define RELEASE(...) COUPON_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define EXCLUDES(...) COUPON_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace coupon {

/// std::mutex, known to the analysis.
class CAPABILITY("mutex") Mutex {
public:
    Mutex() = default;
    Mutex(const Mutex&) = delete;
    Mutex& operator=(const Mutex&) = delete;

    void Lock() ACQUIRE() { mutex_.lock(); }
    bool TryLock() TRY_ACQUIRE(true) { return mutex_.try_lock(); }
    void Unlock() RELEASE() { mutex_.unlock(); }

private:
    friend class CondVar;
    std::mutex mutex_;
};

/// Holds a Mutex for a scope.
class SCOPED_CAPABILITY MutexLock {
public:
    explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.Lock(); }
    ~MutexLock() RELEASE() { mutex_.Unlock(); }
    MutexLock(const MutexLock&) = delete;
    MutexLock& operator=(const MutexLock&) = delete;

private:
    Mutex& mutex_;
};

/// A condition of state that `mutex` guards. A wait may end for no reason: stand it in a loop that
/// tests the state.
///     const MutexLock lock(mutex_);
///     while (queue_.empty()) not_empty_.Wait(mutex_);
class CondVar {
public:
    CondVar() = default;
    CondVar(const CondVar&) = delete;
    CondVar& operator=(const CondVar&) = delete;

    void Wait(Mutex& mutex) REQUIRES(mutex) {
        std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
        condition_.wait(lock);
        lock.release();  // the caller's MutexLock goes on holding it
    }
    /// False when `deadline` has passed.
    bool WaitUntil(Mutex& mutex, std::chrono::steady_clock::time_point deadline) REQUIRES(mutex) {
        std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
        const bool in_time = condition_.wait_until(lock, deadline) == std::cv_status::no_timeout;
        lock.release();
        return in_time;
    }
    void NotifyOne() { condition_.notify_one(); }
    void NotifyAll() { condition_.notify_all(); }

private:
    std::condition_variable condition_;
};

}  // namespace coupon
