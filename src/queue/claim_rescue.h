#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "admission/redis_loader.h"
#include "common/coupon.h"
#include "common/error.h"
#include "ledger/mysql_dead_letters.h"
#include "redis/redis_session.h"

namespace coupon::queue {

/// What the present admission state says about claims that an earlier one admitted.
struct RescuedClaims {
    std::int64_t epoch = 0;  ///< of the present state
    std::vector<Issuance> held;  ///< it holds them with the same sequence: to be written under it
    /// The user holds the coupon with another sequence: nothing is left to do.
    std::size_t superseded = 0;
    std::size_t readmitted = 0;  ///< it had lost them, and admitted the user anew
    std::vector<ledger::DeadLetter> letters;  ///< lost, and there is no stock for them
};

/// Asks the admission state of Redis what became of claims after it was rebuilt. Confined to the
/// session's thread; blocks.
class ClaimRescue {
public:
    /// Both must outlive it.
    ClaimRescue(redis::RedisSession& session, admission::RedisLoader& loader)
        : session_(session), loader_(loader) {}

    /// Claims that are lost are admitted anew, in the order of `claims` and with new sequences, as
    /// far as the stock goes; beyond it they are dead letters. Their users were told yes, so that
    /// window, pause, close and backlog do not stop them. A coupon that is not loaded is loaded
    /// first. Errors: kUnavailable, kUnknown: ask again, a user admitted before the error is then
    /// one who holds the coupon.
    Result<RescuedClaims> Ask(CouponId coupon, std::span<const Issuance> claims);
    /// Begins a new epoch, also where the state is loaded. Errors: as RedisLoader::Rebuild.
    Result<void> Rebuild(CouponId coupon);

private:
    Result<void> AskAboutPart(CouponId coupon, std::span<const Issuance> claims,
                              RescuedClaims& rescued);

    redis::RedisSession& session_;
    admission::RedisLoader& loader_;
};

}  // namespace coupon::queue
