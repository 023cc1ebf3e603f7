#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "queue/queued_entry.h"
#include "queue/work.h"

namespace coupon::queue {

/// What was read of one coupon and is not settled: waiting, in a writer's hands, or to be done
/// again. Pure; under its owner's mutex.
class HeldClaims {
public:
    /// Claims, over all three.
    std::size_t Count() const { return waiting_claims_ + work_claims_; }
    std::size_t Waiting() const { return waiting_claims_; }
    bool InHand() const { return in_hand_; }
    const std::optional<Work>& Again() const { return again_; }
    /// Something for a writer that is free.
    bool HasWork() const { return !in_hand_ && (again_ || !waiting_.empty()); }
    bool HasNothing() const { return !in_hand_ && !again_ && waiting_.empty(); }

    /// Leaves out the entries that are here already.
    void LeaveOutHeld(std::vector<QueuedEntry>& entries) const;
    /// Entries that were read from the Redis process `run` beside a state of `epoch`.
    void Add(std::string_view run, std::int64_t epoch, std::vector<QueuedEntry>&& entries);
    /// Lets go of what waits and came from `run`; it is read again from the pending entries.
    void PutBack(std::string_view run);

    /// What is to be done again, else a batch of one run and epoch: at most `claims_max`, or one
    /// entry. HasWork, and End follows.
    Work Begin(CouponId coupon, std::size_t claims_max);
    void End();
    /// Not while it is in hand.
    void DoAgain(Work work);

private:
    /// Entries of one Redis process and epoch.
    struct Part {
        std::string run;
        std::int64_t epoch = 0;
        std::deque<QueuedEntry> entries;
    };

    Work CutBatch(CouponId coupon, std::size_t claims_max);

    std::deque<Part> waiting_;
    std::size_t waiting_claims_ = 0;
    bool in_hand_ = false;
    std::unordered_set<std::string> hand_ids_;
    std::optional<Work> again_;
    std::size_t work_claims_ = 0;  ///< in hand, or of again_
};

}  // namespace coupon::queue
