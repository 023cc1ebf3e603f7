#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/error.h"
#include "common/ids.h"
#include "ledger/mysql_dead_letters.h"

namespace coupon::http::api {

/// A coupon's admission state after it was made anew from the ledger and what waits for it.
struct RebuiltCoupon {
    CouponId coupon_id;
    std::int64_t epoch = 0;     ///< of the state made now
    std::int64_t admitted = 0;  ///< users in it
    std::int64_t queued = 0;    ///< of them, those that the ledger does not have yet
};

/// Which dead letters are listed.
struct DeadLetterQuery {
    std::int64_t after = 0;  ///< ids above it
    std::size_t limit = 0;
    std::optional<ledger::DeadLetterStatus> status = {};  ///< nullopt = every one
};

/// What an operator mends in the distributed mode. Blocking; confined to its thread. Errors of all:
/// kNotSupported in the embedded mode; kUnavailable; kNotFound, when there is no such coupon or
/// letter.
class OperatorStore {
public:
    OperatorStore() = default;
    OperatorStore(const OperatorStore&) = delete;
    OperatorStore& operator=(const OperatorStore&) = delete;
    virtual ~OperatorStore() = default;

    /// Unloads the coupon's admission state and loads it anew.
    virtual Result<RebuiltCoupon> Rebuild(CouponId coupon) = 0;
    /// By id, ascending.
    virtual Result<std::vector<ledger::DeadLetter>> DeadLetters(const DeadLetterQuery& query) = 0;
    virtual Result<ledger::DeadLetter> FindDeadLetter(std::int64_t id) = 0;
    /// Offers the claim to admission again; the letter is "retried" from then on. kConflict when it
    /// is not open, or admission refuses the claim: then the letter stays open.
    virtual Result<ledger::DeadLetter> RetryDeadLetter(std::int64_t id) = 0;
    /// Gives the claim up: the letter is "dropped" from then on. kConflict when it is not open.
    virtual Result<ledger::DeadLetter> DropDeadLetter(std::int64_t id) = 0;
};

}  // namespace coupon::http::api
