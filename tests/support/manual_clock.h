#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "common/clock.h"

namespace coupon::support {

/// Milliseconds since 1970.
inline WallTime At(std::int64_t ms) { return WallTime{std::chrono::milliseconds{ms}}; }

/// A clock that stands where a test puts it. Thread-safe; relaxed, as each hand stands for itself.
class ManualClock final : public Clock {
public:
    ManualClock() = default;
    explicit ManualClock(WallTime now) { Set(now); }

    WallTime WallNow() const noexcept override {
        return At(now_ms_.load(std::memory_order_relaxed));
    }
    MonotonicTime MonotonicNow() const noexcept override {
        return MonotonicTime{std::chrono::nanoseconds{ticks_.load(std::memory_order_relaxed)}};
    }
    void Set(WallTime now) {
        now_ms_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
    }
    /// Moves the clock of time-outs and durations; it begins at 0.
    void Advance(std::chrono::nanoseconds duration) {
        ticks_.fetch_add(duration.count(), std::memory_order_relaxed);
    }

private:
    std::atomic<std::int64_t> now_ms_{0};
    std::atomic<std::int64_t> ticks_{0};
};

}  // namespace coupon::support
