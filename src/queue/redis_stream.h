#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/ids.h"
#include "queue/queued_entry.h"
#include "redis/redis_command.h"
#include "redis/redis_reply.h"
#include "redis/redis_session.h"

namespace coupon::queue {

/// Who takes: the holder of a lease.
struct Reader {
    std::string name;  ///< of the consumer in the group; the same after a restart
    std::string token;  ///< of its leases; another one after a restart
    std::chrono::milliseconds lease{};
};

/// What is asked for one coupon.
struct TakeRequest {
    CouponId coupon;
    /// Empty: what nobody has read; else where to go on among the pending entries, "0-0" at first.
    std::string cursor;
    /// Read until so many are there, less than an entry beyond; 0 only renews the lease.
    std::size_t claims = 0;
};

struct Taken {
    enum class Kind : std::uint8_t {
        kTaken,
        kEmpty,  ///< nothing to do; the lease was not looked at
        kNotLoaded,  ///< entries wait, but the admission state is not of this Redis process
        kHeld,  ///< another consumer has the lease
    };
    Kind kind = Kind::kEmpty;
    std::int64_t epoch = 0;  ///< of the admission state
    /// Of the next request: not empty while there are pending entries to look through.
    std::string cursor = {};
    std::vector<QueuedEntry> entries = {};
    /// Entries that were read, not acknowledged and are gone: somebody deleted them. An alarm.
    std::vector<std::string> deleted = {};
    /// Entries that this program cannot read, with why: never acknowledged. An alarm.
    std::vector<std::pair<std::string, std::string>> unreadable = {};
    bool lease_is_new = false;
    std::chrono::milliseconds held_for{};  ///< kHeld: what is left of the other's lease
};

/// take.lua for every request in one pipeline, under the run id that the caller took the coupons'
/// state for; one result a request, in order. Errors: as RedisSession::CallAll; kDamaged for an
/// answer that is none.
std::vector<Result<Taken>> TakeAll(redis::RedisSession& session, const Reader& reader,
                                   std::string_view run, std::span<const TakeRequest> requests,
                                   std::chrono::milliseconds patience);

enum class AckVerdict : std::uint8_t {
    kAcknowledged,
    kNotLoaded,  ///< refused: the coupon is loading, or is of another Redis process
};

/// ack.lua, and with it the announcement on the channel of commits; both in one go. `run`: under
/// which the entries were taken. Acknowledging twice is a no-op. Errors: as RedisSession::Call.
Result<AckVerdict> Acknowledge(redis::RedisSession& session, CouponId coupon, std::string_view run,
                               std::span<const EntryAck> entries, std::string_view announcement,
                               std::chrono::milliseconds patience);

/// Gives the leases up, as far as they are still this reader's.
void ReleaseAll(redis::RedisSession& session, const Reader& reader,
                std::span<const CouponId> coupons, std::chrono::milliseconds patience);

}  // namespace coupon::queue
