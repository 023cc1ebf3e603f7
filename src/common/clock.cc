#include "common/clock.h"

namespace coupon {

WallTime SystemClock::WallNow() const noexcept {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

MonotonicTime SystemClock::MonotonicNow() const noexcept {
    return std::chrono::steady_clock::now();
}

}  // namespace coupon
