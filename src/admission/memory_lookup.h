#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "admission/admission.h"
#include "admission/claim_lookup.h"

namespace coupon::admission {

/// What of a ClaimLookup the embedded engine answers from memory, so that an event loop may ask it:
/// nullopt stands for "needs I/O". After a write that failed the file may hold more than the memory
/// does, coupons too; then a count or a "no" would be a guess, and the answer is kUnavailable,
/// applied kUnknown.
/// Immutable; any thread.
class MemoryLookup {
public:
    /// `reader` must outlive it.
    explicit MemoryLookup(const HolderReader& reader) : reader_(reader) {}

    std::optional<Result<std::optional<CouponView>>> FindCoupon(CouponId id) const;
    std::optional<Result<std::vector<CouponView>>> ListCoupons(CouponId after,
                                                               std::size_t limit) const;
    /// Needs I/O where the claim is redeemed: the ledger has the redemption.
    std::optional<Result<std::optional<ClaimRecord>>> FindClaim(CouponId id, UserId user) const;
    /// A look-up in every coupon: with many of them too long for a loop.
    Result<std::vector<ClaimRecord>> HoldingsOf(UserId user) const;

    const HolderReader& Reader() const { return reader_; }

private:
    const HolderReader& reader_;
};

/// What ClaimLookup::FindClaim says where there is no such coupon.
std::unexpected<Error> NoSuchCoupon();

}  // namespace coupon::admission
