#pragma once

#include <algorithm>
#include <chrono>

#include "common/clock.h"

namespace coupon::redis {

/// How long to wait before the next attempt: any time up to a bound that doubles with each failure
/// ("full jitter"), so that many clients of one Redis do not come back at one instant. No clock and
/// no chance of its own. Confined to one thread.
class RedisBackoff {
public:
    /// The bound: `first` after the first failure, never more than `most`.
    RedisBackoff(std::chrono::nanoseconds first, std::chrono::nanoseconds most)
        : first_(first), most_(most), bound_(first) {}

    /// `fraction`: by chance, from 0 to below 1.
    std::chrono::nanoseconds Next(double fraction) {
        const std::chrono::nanoseconds bound = bound_;
        bound_ = std::min(bound_ * 2, most_);
        return std::chrono::duration_cast<std::chrono::nanoseconds>(bound * fraction);
    }

    /// After a connection that lasted `lasted`. One that broke sooner than the largest pause counts
    /// as a failed attempt: a peer that accepts and hangs up is not called again and again.
    void OnLost(MonotonicTime::duration lasted) {
        if (lasted >= most_) bound_ = first_;
    }

private:
    const std::chrono::nanoseconds first_;
    const std::chrono::nanoseconds most_;
    std::chrono::nanoseconds bound_;
};

}  // namespace coupon::redis
