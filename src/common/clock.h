#pragma once

#include <chrono>

namespace coupon {

/// A point of civil time, UTC, in milliseconds: windows, stamps of rows, everything a user reads.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
/// A point on the clock that never jumps: time-outs and measured durations.
using MonotonicTime = std::chrono::steady_clock::time_point;

/// Where a driver reads the time. Core logic is handed the time and never reads it.
/// Thread-safe.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    virtual WallTime WallNow() const noexcept = 0;
    virtual MonotonicTime MonotonicNow() const noexcept = 0;
};

/// The machine's clocks.
class SystemClock final : public Clock {
public:
    WallTime WallNow() const noexcept override;
    MonotonicTime MonotonicNow() const noexcept override;
};

}  // namespace coupon
