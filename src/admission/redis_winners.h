#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>

#include "admission/winner_filter.h"
#include "common/error.h"
#include "common/ids.h"
#include "redis/redis_session.h"

namespace coupon::admission {

/// Reads from Redis who has won, for filters that the event loops of a process share. Keeps no
/// filter alive, but knows those that are. Confined to the session's thread; blocks.
class RedisWinners {
public:
    /// The session must outlive it.
    explicit RedisWinners(redis::RedisSession& session) : session_(session) {}

    /// With every winner of `version`, and perhaps with others. nullptr: the coupon is at another
    /// version, or has more winners than may be filtered (limits::kWinnersFilteredMax,
    /// kWinnerFilterBytesMax). Errors: of the session.
    Result<std::shared_ptr<const WinnerFilter>> Find(CouponId id, const WinnersVersion& version);

private:
    /// How many there are; nullopt: the coupon is at another version.
    Result<std::optional<std::int64_t>> Count(CouponId id, const WinnersVersion& version);
    bool HaveRoomFor(std::int64_t winners);

    redis::RedisSession& session_;
    std::map<CouponId, std::weak_ptr<const WinnerFilter>> filters_;
};

}  // namespace coupon::admission
