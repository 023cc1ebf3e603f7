#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/ids.h"
#include "queue/held_claims.h"
#include "queue/redis_stream.h"
#include "queue/work.h"
#include "redis/redis_backoff.h"

namespace coupon::queue {

struct PlannerOptions {
    std::size_t batch_max = 0;  ///< claims a transaction
    std::size_t writers = 1;
    std::chrono::milliseconds lease{};
};

/// Decides whose stream is read next and which coupon a writer works for next. A coupon is in at
/// most one writer's hands. Nobody waits for another:
/// - readings go round over the coupons that are due, with the same cap each;
/// - writers take the coupons in turn, a batch each;
/// - a coupon whose work failed gives back what can be read again, and rests; those that fail hold
///   at most half of limits::kQueueClaimsHeldMax, however many they are;
/// - those that fail or have to be loaded share half of the writers, and where there is one writer,
///   every other turn.
/// No clock, no chance, no I/O. Guarded by its owner's mutex.
class RoundPlanner {
public:
    explicit RoundPlanner(const PlannerOptions& options) : options_(options) {}

    /// The registry in Redis (a hint) and the ledger's list (the truth); a coupon that is in
    /// neither is forgotten once nothing of it is held.
    void SetRegistered(std::set<CouponId> coupons);
    void SetSwept(std::set<CouponId> coupons);
    /// Those of both; nullopt before both were told: one alone may name too few.
    std::optional<std::set<CouponId>> Coupons() const;

    /// The readings that are due, at most limits::kQueueTakesPerRoundMax, for the Redis process
    /// `run`.
    std::vector<TakeRequest> PlanTakes(MonotonicTime now, std::string_view run);
    /// The answer to a request of PlanTakes.
    void OnTaken(const TakeRequest& request, std::string_view run, Taken taken, MonotonicTime now);
    /// No answer came.
    void OnTakeFailed(const TakeRequest& request, MonotonicTime now);
    /// When PlanTakes may have something again; not after `latest`.
    MonotonicTime NextDue(MonotonicTime latest) const;

    /// Work for a writer that is free; OnDone gives the coupon back.
    std::optional<Work> NextWork(MonotonicTime now);
    /// `chance`: from 0 to below 1, for the length of a pause.
    void OnDone(CouponId coupon, WorkResult result, MonotonicTime now, double chance);

    /// Coupons whose lease may be ours.
    std::vector<CouponId> Leased() const;
    std::size_t ClaimsHeld() const { return CountHeld().all; }

private:
    struct Desk {
        HeldClaims held;

        MonotonicTime due;  ///< of the next reading
        std::chrono::milliseconds idle_pause{0};
        std::string run;  ///< of the last reading that looked through the pending entries
        std::string cursor = "0-0";
        /// The next reading looks through all of them again, whatever one under way brings.
        bool reread = false;
        bool leased = false;  ///< the lease was ours and is not known to be another's
        std::optional<MonotonicTime> renew_at;

        std::optional<redis::RedisBackoff> backoff;  ///< it failed, and was not done since
        MonotonicTime rests_until;  ///< neither read nor worked for before
    };
    /// Claims that are read and not settled.
    struct Held {
        std::size_t all = 0;
        std::size_t failing = 0;  ///< of them, those of coupons that fail
    };

    Desk& DeskOf(CouponId coupon) { return desks_.try_emplace(coupon).first->second; }
    void Forget();
    Held CountHeld() const;
    std::size_t ReadingMax() const;
    bool HasRoom(const Desk& desk, const Held& held) const;
    void Rest(Desk& desk, MonotonicTime now);
    void OnHeld(CouponId coupon, Desk& desk, std::string_view run);
    void Load(CouponId coupon, Desk& desk);
    bool IsSlow(const Desk& desk) const;
    std::optional<Work> NextWorkOf(bool slow_too, MonotonicTime now);
    void Postpone(Desk& desk, Work work, MonotonicTime now, double chance);

    const PlannerOptions options_;
    std::optional<std::set<CouponId>> registered_;
    std::optional<std::set<CouponId>> swept_;
    std::map<CouponId, Desk> desks_;
    CouponId last_taken_;  ///< the next round starts after it
    std::set<CouponId> ready_;  ///< with work and in nobody's hands
    CouponId last_worked_;
    bool last_was_slow_ = false;
    std::set<CouponId> slow_;  ///< in hand, of those that fail or load
};

}  // namespace coupon::queue
