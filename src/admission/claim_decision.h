#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "admission/request.h"
#include "common/clock.h"
#include "common/ids.h"
#include "redis/redis_reply.h"

namespace coupon::admission {

/// What became of one claim of a call.
struct DecidedClaim {
    Outcome outcome = Outcome::kUnknown;
    Sequence sequence;    ///< kAdmitted, kDuplicate
    WallTime issued_at{};  ///< with sequence
};

/// The answer of redis_scripts/claim.lua.
struct ClaimDecision {
    /// Nothing was decided: the coupon is not loaded in this Redis.
    bool not_loaded = false;
    /// Nothing was decided: it is loaded under this epoch, and not under the one that was asked.
    std::optional<std::int64_t> other_epoch;
    std::vector<DecidedClaim>
        claims;  ///< in the order of the call; empty where nothing was decided
    std::int64_t admitted = 0;  ///< of them
    std::int64_t newcomers = 0;  ///< of them, those who did not hold the coupon before
    /// The sequence of the next winner: none changes without it, within an epoch.
    Sequence next;
    /// What newcomers were told who are not admitted; kUnknown: a word of a newer script.
    Outcome refusal = Outcome::kUnknown;
    std::chrono::milliseconds opens_in{};  ///< until the window's start, by the clock of Redis
};

/// Of a call with `claims` users. Pure; any thread.
ClaimDecision ReadClaimDecision(const redis::RedisReply& answer, std::size_t claims);

}  // namespace coupon::admission
