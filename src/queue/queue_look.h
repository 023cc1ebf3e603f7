#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/error.h"
#include "common/ids.h"
#include "redis/redis_session.h"

namespace coupon::queue {

/// What a coupon's admission state counts.
struct AdmissionCounts {
    std::int64_t epoch = 0;
    std::int64_t admitted = 0;
    std::int64_t queued = 0;  ///< of them, claims that are not acknowledged

    bool operator==(const AdmissionCounts&) const = default;
};

/// What one coupon's queue holds.
struct QueueLook {
    CouponId coupon;
    std::optional<AdmissionCounts> counts = {};  ///< nullopt: not loaded, or it cannot be read
    /// Age of the first entry, by Redis' clock; 0 = there is none, nullopt: it cannot be read.
    std::optional<std::chrono::milliseconds> oldest = {};

    /// Claims that are not acknowledged; nullopt: entries may wait, but nobody counts them.
    std::optional<std::int64_t> Claims() const {
        if (oldest == std::chrono::milliseconds(0)) return 0;
        return counts ? std::optional(counts->queued) : std::nullopt;
    }
};

/// Of each coupon, in order and in one pipeline. A key that Redis cannot read (of another type)
/// leaves its coupon without numbers. Errors: as RedisSession::CallAll.
Result<std::vector<QueueLook>> LookAt(redis::RedisSession& session,
                                      std::span<const CouponId> coupons,
                                      std::chrono::milliseconds patience);

}  // namespace coupon::queue
