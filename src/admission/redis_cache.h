#pragma once

#include <memory>
#include <optional>

#include "admission/request.h"
#include "admission/winner_filter.h"
#include "common/clock.h"
#include "common/ids.h"

namespace coupon::admission {

/// The refusal of one coupon that an event loop may tell again without asking Redis. Never to a
/// winner, whoever admitted him: it is remembered only while it is known who has won, and those who
/// look like winners are asked for. Pure; confined to the loop's thread.
class CachedRefusal {
public:
    /// nullopt: Redis has to be asked for this user.
    std::optional<Outcome> Find(UserId user, MonotonicTime now) const;

    /// Redis is asked: what is dropped before it answers is not remembered from that answer.
    void Ask() { dropped_since_asked_ = false; }
    /// As Redis answered just now. What was known of another version is void.
    void See(const WinnersVersion& version);
    /// Whether it is known who has won at the version that was seen last.
    bool KnowsWinners() const;
    /// Only while KnowsWinners.
    void Remember(Outcome refusal, MonotonicTime until);
    /// nullptr: unknown. A refusal counts from the next answer on, where the versions are the same.
    void Learn(std::shared_ptr<const WinnerFilter> winners);
    /// The coupon was changed: the next claim asks Redis. The winners are the same, if Redis says
    /// so.
    void Drop();
    /// Nothing is known any more.
    void Forget();

private:
    WinnersVersion seen_ = {};
    std::shared_ptr<const WinnerFilter> winners_;  ///< null: nobody has won, or it is not known who
    Outcome refusal_ = Outcome::kUnknown;
    MonotonicTime until_ = MonotonicTime::min();
    bool dropped_since_asked_ = false;
};

}  // namespace coupon::admission
