#pragma once

#include <string>

#include "common/error.h"
#include "ledger/mysql_dead_letters.h"
#include "ledger/mysql_issuance_writer.h"
#include "queue/claim_rescue.h"

namespace coupon {

/// What came of offering a dead letter's claim to admission again.
struct RetriedLetter {
    bool settled = false;  ///< the user holds the coupon, in the ledger or on the way to it
    std::string why = {};  ///< else: why not, for the operator
};

/// Offers the claim to admission; what admission still holds is written to the ledger at once.
/// Blocks. Errors: kUnavailable, retry is safe: ask again.
Result<RetriedLetter> RetryClaim(const ledger::DeadLetter& letter, queue::ClaimRescue& rescue,
                                 ledger::MysqlIssuanceWriter& writer);

}  // namespace coupon
