#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "common/clock.h"
#include "common/ids.h"
#include "queue/queued_entry.h"
#include "queue/redis_stream.h"
#include "redis/redis_backoff.h"

namespace coupon::queue {

/// What a writer does for one coupon.
struct Work {
    enum class Kind : std::uint8_t {
        kLoad,         ///< bring the admission state into Redis
        kWrite,        ///< `entries` into the ledger, then off the stream
        kAcknowledge,  ///< `written` off the stream: an acknowledgement was refused before
    };
    Kind kind = Kind::kWrite;
    CouponId coupon = {};
    std::string run = {};  ///< Redis process that the entries were read from
    std::int64_t epoch = 0;  ///< of the admission state they were read beside
    std::vector<QueuedEntry> entries = {};
    std::vector<EntryAck> written = {};
};

/// What became of it.
struct WorkResult {
    std::optional<Work> again = {};  ///< what is left of it, to be done after a pause
    /// Entries may wait among the pending ones that nobody holds: read those again.
    bool reread = false;
};

struct PlannerOptions {
    std::size_t batch_max = 0;  ///< claims a transaction
    std::size_t writers = 1;
    std::chrono::milliseconds lease{};
};

/// Decides whose stream is read next and which coupon a writer works for next. A coupon is in at
/// most one writer's hands. Nobody waits for another: readings go round over the coupons that are
/// due, with the same cap each; writers take the coupons in turn, a batch each; coupons that fail
/// or have to be loaded share half of the writers. No clock, no chance, no I/O. Guarded by its
/// owner's mutex.
class RoundPlanner {
public:
    explicit RoundPlanner(const PlannerOptions& options) : options_(options) {}

    /// The registry in Redis (a hint) and the ledger's list (the truth); a coupon that is in
    /// neither is forgotten once nothing of it is held.
    void SetRegistered(std::set<CouponId> coupons);
    void SetSwept(std::set<CouponId> coupons);
    /// Those of both.
    std::set<CouponId> Coupons() const;

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
    std::size_t ClaimsHeld() const { return claims_held_; }

private:
    /// Entries of one Redis process and epoch.
    struct Waiting {
        std::string run;
        std::int64_t epoch = 0;
        std::deque<QueuedEntry> entries;
    };
    struct Desk {
        MonotonicTime due;
        std::chrono::milliseconds idle_pause{0};
        std::string run;  ///< of the last reading that looked through the pending entries
        std::string cursor = "0-0";
        /// The next reading looks through all of them again, whatever one under way brings.
        bool reread = false;
        bool leased = false;  ///< the lease was ours and is not known to be another's
        std::optional<MonotonicTime> renew_at;

        std::deque<Waiting> waiting;
        std::size_t waiting_claims = 0;
        bool in_hand = false;
        std::size_t hand_claims = 0;
        std::unordered_set<std::string> hand_ids;
        std::optional<Work> again;
        MonotonicTime again_at;
        std::optional<redis::RedisBackoff> backoff;  ///< while it fails
    };

    Desk& DeskOf(CouponId coupon) { return desks_.try_emplace(coupon).first->second; }
    void Forget();
    bool HasRoom(const Desk& desk, std::size_t claims) const;
    void Rest(Desk& desk, MonotonicTime now);
    void OnHeld(CouponId coupon, Desk& desk, std::string_view run);
    void AddWaiting(CouponId coupon, Desk& desk, std::string_view run, Taken& taken);
    static void DropWhatIsHeld(const Desk& desk, std::vector<QueuedEntry>& entries);
    Work CutBatch(CouponId coupon, Desk& desk);
    std::optional<Work> WorkOf(CouponId coupon, Desk& desk, MonotonicTime now);

    const PlannerOptions options_;
    std::set<CouponId> registered_;
    std::set<CouponId> swept_;
    std::map<CouponId, Desk> desks_;
    CouponId last_taken_;  ///< the next round starts after it
    std::set<CouponId> ready_;  ///< with work and in nobody's hands
    CouponId last_worked_;
    std::set<CouponId> slow_;  ///< in hand, of those that fail or load
    std::size_t claims_held_ = 0;  ///< waiting or in hand
};

}  // namespace coupon::queue
