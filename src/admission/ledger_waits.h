#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
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
    struct Times {
        MonotonicTime look_up_at;  ///< no message came: the ledger is asked
        MonotonicTime deadline;
    };

    /// True: the ledger has it already, as a message said that came before; nothing is kept.
    /// Sequences count within the epoch only: after a loss another user may get the same.
    bool Add(const UserReply& reply, std::int64_t epoch, const Times& times);
    /// Takes out what the message names.
    std::vector<UserReply> OnCommitted(const CommittedBatch& batch);
    /// Those whose time to be looked up has come, each once; they wait on.
    std::vector<UserReply> ToLookUp(MonotonicTime now);
    /// Takes out what waited until its deadline.
    std::vector<UserReply> TakeExpired(MonotonicTime now);
    /// Takes out one that was found in the ledger; false: it is not there (any more).
    bool Take(const UserReply& reply);
    /// Expires when the answer is taken out, for whatever reason: nobody needs a look-up then.
    std::weak_ptr<const bool> Waits(const UserReply& reply) const;
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
        Times times;
        std::shared_ptr<const bool> alive = std::make_shared<const bool>(true);
    };
    static Key KeyOf(const UserReply& reply) {
        return {reply.coupon_id, reply.sequence, reply.tag};
    }

    std::map<Key, Wait> waiting_;
    /// The last messages: one may overtake the answer of the script.
    std::deque<CommittedBatch> recent_;
};

}  // namespace coupon::admission
