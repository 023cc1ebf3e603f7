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
#include "queue/queue_look.h"

namespace coupon::queue {

/// What waits for the ledger, over the coupons of which it is known.
struct QueueNumbers {
    std::optional<std::int64_t> backlog = {};  ///< claims; nullopt: known of no coupon
    /// Age of the oldest of them; 0 = none waits, nullopt: known of no coupon.
    std::optional<std::chrono::milliseconds> oldest = {};
    std::size_t unknown_coupons = 0;  ///< coupons whose part of the backlog is not known
};

/// Keeps what each coupon's queue was last seen to hold, a part of the coupons at a time. Pure;
/// confined to one thread or under its owner's mutex.
class QueueSurvey {
public:
    /// The coupons there are. One that is new is unknown until it was looked at.
    void SetCoupons(const std::set<CouponId>& coupons);
    /// The next ones to look at, round and round: limits::kQueueSurveyedAtOnce, and more where ten
    /// turns would not get round.
    std::vector<CouponId> Next();
    void Record(const QueueLook& look, MonotonicTime now);

    /// A coupon that was not looked at within limits::kQueueSurveyFresh is unknown. nullopt: before
    /// SetCoupons.
    std::optional<QueueNumbers> Sum(MonotonicTime now) const;

private:
    struct Seen {
        QueueLook look;
        MonotonicTime at;
    };
    std::map<CouponId, Seen> seen_;
    CouponId last_;
    bool told_ = false;  ///< SetCoupons was called
};

}  // namespace coupon::queue
