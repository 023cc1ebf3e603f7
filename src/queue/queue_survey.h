#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "common/clock.h"
#include "common/ids.h"

namespace coupon::queue {

/// What waits for the ledger, over all coupons.
struct QueueNumbers {
    std::int64_t backlog = 0;  ///< claims
    std::chrono::milliseconds oldest{};  ///< age of the oldest of them; 0 = none waits
};

/// Keeps what each coupon's queue was last seen to hold, a part of the coupons at a time. Pure;
/// confined to one thread or under its owner's mutex.
class QueueSurvey {
public:
    /// The coupons there are. One that is new makes the sum unknown until it was looked at.
    void SetCoupons(const std::set<CouponId>& coupons);
    /// The next ones to look at, round and round: `limit`, and more where ten turns would not get
    /// round.
    std::vector<CouponId> Next(std::size_t limit);
    /// `claims` nullopt: it could not be found out.
    void Record(CouponId coupon, std::optional<std::int64_t> claims,
                std::chrono::milliseconds oldest, MonotonicTime now);

    /// nullopt: not known, because a coupon was not looked at within `fresh`.
    std::optional<QueueNumbers> Sum(MonotonicTime now, std::chrono::milliseconds fresh) const;

private:
    struct Seen {
        std::optional<std::int64_t> claims;
        std::chrono::milliseconds oldest{};
        MonotonicTime at;
    };
    std::map<CouponId, Seen> seen_;
    CouponId last_;
    bool told_ = false;  ///< SetCoupons was called
};

}  // namespace coupon::queue
