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

/// What one coupon's queue holds.
struct QueueLook {
    CouponId coupon;
    /// Claims that are not acknowledged; nullopt: entries wait, but the admission state that counts
    /// them is not loaded.
    std::optional<std::int64_t> claims;
    std::chrono::milliseconds oldest{};  ///< age of the first entry, by Redis' clock; 0 = none
};

/// Of each coupon, in one pipeline. Errors: as RedisSession::CallAll.
Result<std::vector<QueueLook>> LookAt(redis::RedisSession& session,
                                      std::span<const CouponId> coupons,
                                      std::chrono::milliseconds patience);

}  // namespace coupon::queue
