#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "common/ids.h"

namespace coupon::admission {

/// The names of everything that stands in Redis, in this one place. The keys of a coupon share the
/// hash tag {ID}, so a coupon is one slot of a Cluster. Immutable; any thread.
struct RedisKeys {
    explicit RedisKeys(CouponId id)
        : policy(fmt::format("coupon:{{{}}}:policy", id.value)),
          users(fmt::format("coupon:{{{}}}:users", id.value)),
          accepted(fmt::format("coupon:{{{}}}:accepted", id.value)),
          loading_users(fmt::format("coupon:{{{}}}:loading:users", id.value)),
          loader(fmt::format("coupon:{{{}}}:loader", id.value)),
          lease(fmt::format("coupon:{{{}}}:lease", id.value)) {}

    /// Hash: run (Redis run id under which it was loaded; "" while loading), epoch, state (0 open,
    /// 1 paused, 2 closed), start, end (ms), total ("" = unlimited), next (sequence), admitted
    /// (users), queued (claims in the stream), change (id of the last operator change), loaded
    /// (when, in ms by the clock of Redis).
    std::string policy;
    /// Hash: user id -> "SEQUENCE:OFFSET", where OFFSET is issued_at in ms after the window's
    /// start; both decimal.
    std::string users;
    /// Stream of admitted claims on their way to the ledger: redis_accepted.h.
    std::string accepted;
    std::string loading_users;  ///< as users, while loading; nobody reads it
    std::string loader;  ///< the loader's lock: its token, with an expiry
    std::string lease;  ///< of the consumer that writes this coupon: its token, with an expiry
};

/// Set of ids of coupons that were loaded: a hint only, in a slot of its own.
inline constexpr std::string_view kActiveCouponsKey = "coupon:active";
/// Published with a coupon's id when its policy changed or it was loaded: drop cached refusals.
inline constexpr std::string_view kChangedChannel = "coupon:changed";
/// Published with "ID EPOCH SEQ-SEQ,SEQ-SEQ,..." after a COMMIT of the ledger.
inline constexpr std::string_view kCommittedChannel = "coupon:committed";

}  // namespace coupon::admission
