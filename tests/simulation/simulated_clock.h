#pragma once

#include <chrono>

#include "common/clock.h"

namespace coupon::simulation {

/// Time moves only when it is told to. The wall clock may jump; the monotonic one only advances.
class SimulatedClock final : public Clock {
public:
    WallTime WallNow() const noexcept override { return wall_; }
    MonotonicTime MonotonicNow() const noexcept override { return monotonic_; }

    void Advance(std::chrono::milliseconds by) {
        wall_ += by;
        monotonic_ += by;
    }
    /// Somebody sets the machine's clock: forwards or backwards.
    void Jump(std::chrono::milliseconds by) { wall_ += by; }

private:
    WallTime wall_{std::chrono::milliseconds{1'800'000'000'000}};
    MonotonicTime monotonic_{};
};

}  // namespace coupon::simulation
