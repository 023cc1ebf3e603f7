#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "admission/admission.h"
#include "admission/operator_change.h"
#include "common/coupon.h"
#include "common/error.h"
#include "common/ids.h"
#include "ledger/issuance_row.h"

namespace coupon::admission {

/// How far an admitted claim has come.
enum class ClaimStage : std::uint8_t {
    kAccepted,  ///< admitted and queued; not known to be in the ledger
    kIssued,    ///< in the ledger
};

struct ClaimRecord {
    Holding holding;
    ClaimStage stage = ClaimStage::kIssued;
    std::optional<Redemption> redemption;  ///< kIssued only
};

/// Reads that may block. Forms: store_lookup (embedded), redis_lookup (Redis and MySQL). One object
/// a thread. Errors: kUnavailable, retry_is_safe: what would have to be asked cannot be asked now;
/// never a guess.
class ClaimLookup {
public:
    ClaimLookup() = default;
    ClaimLookup(const ClaimLookup&) = delete;
    ClaimLookup& operator=(const ClaimLookup&) = delete;
    virtual ~ClaimLookup() = default;

    /// With live counts. nullopt: there is no such coupon.
    virtual Result<std::optional<CouponView>> FindCoupon(CouponId id) = 0;
    /// Coupons with an id above `after`, ascending, at most `limit`; shadow coupons are left out.
    virtual Result<std::vector<CouponView>> ListCoupons(CouponId after, std::size_t limit) = 0;
    /// nullopt: not admitted so far; said only when loaded admission state and then the ledger both
    /// say no. kNotFound: there is no such coupon.
    virtual Result<std::optional<ClaimRecord>> FindClaim(CouponId id, UserId user) = 0;
    /// What the user holds and the ledger knows, by coupon id; shadow coupons are left out.
    virtual Result<std::vector<ClaimRecord>> HoldingsOf(UserId user) = 0;
    /// Issuances of `id` with a sequence above `after` and up to `last`, ascending, at most
    /// `limit`: the winners' list.
    virtual Result<std::vector<ledger::IssuanceRow>> Issuances(CouponId id, Sequence after,
                                                               Sequence last,
                                                               std::size_t limit) = 0;
};

}  // namespace coupon::admission
