#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "admission/request.h"
#include "common/clock.h"
#include "common/ids.h"

namespace coupon::admission {

/// A message on kCommittedChannel: "ID EPOCH SEQ-SEQ,SEQ-SEQ,...".
struct CommittedBatch {
    struct Range {
        Sequence first;
        Sequence last;  ///< belongs to it
    };

    CouponId coupon;
    std::int64_t epoch = 0;
    std::vector<Range> ranges;
};
/// nullopt: it is not such a message. Pure.
std::optional<CommittedBatch> ParseCommitted(std::string_view payload);

/// Answers that wait until the ledger has what they say. Without I/O; confined to one thread.
class LedgerWaits {
public:
    /// True: the ledger has it already, as a message said that came before; nothing is kept.
    /// Sequences count within the epoch only: after a loss another user may get the same.
    bool Add(const UserReply& reply, std::int64_t epoch, MonotonicTime deadline);
    /// Takes out what the message names.
    std::vector<UserReply> OnCommitted(const CommittedBatch& batch);
    /// Takes out what waited until its deadline.
    std::vector<UserReply> TakeExpired(MonotonicTime now);
    /// Takes out one that was found in the ledger; false: it is not there (any more).
    bool Take(const UserReply& reply);
    bool Empty() const { return waiting_.empty(); }

private:
    struct Key {
        CouponId coupon;
        Sequence sequence;
        std::uint64_t tag = 0;  ///< a winner may ask several times at once
        auto operator<=>(const Key&) const = default;
    };
    struct Wait {
        UserReply reply;
        std::int64_t epoch = 0;
        MonotonicTime deadline;
    };

    std::map<Key, Wait> waiting_;
    /// The last messages: one may overtake the answer of the script.
    std::deque<CommittedBatch> recent_;
};

}  // namespace coupon::admission
