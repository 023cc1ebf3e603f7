#include "admission/store_lookup.h"

#include <utility>

#include "common/check.h"

namespace coupon::admission {

Result<std::optional<CouponView>> StoreLookup::FindCoupon(CouponId id) {
    return *memory_.FindCoupon(id);
}

Result<std::vector<CouponView>> StoreLookup::ListCoupons(CouponId after, std::size_t limit) {
    return *memory_.ListCoupons(after, limit);
}

Result<std::optional<ClaimRecord>> StoreLookup::FindClaim(CouponId id, UserId user) {
    if (auto known = memory_.FindClaim(id, user)) return *std::move(known);
    auto holding = memory_.Reader().FindHolding(id, user);
    CHECK(holding);  // an engine forgets no holder
    auto redemption = file_.FindRedemption(id, holding->sequence);
    if (!redemption) return std::unexpected(std::move(redemption).error());
    // Given back since: the later word counts.
    holding->redeemed = redemption->has_value();
    return ClaimRecord{.holding = *holding, .redemption = *redemption};
}

Result<std::vector<ClaimRecord>> StoreLookup::HoldingsOf(UserId user) {
    return memory_.HoldingsOf(user);
}

Result<std::vector<ledger::IssuanceRow>> StoreLookup::Issuances(CouponId id, Sequence after,
                                                                Sequence last, std::size_t limit) {
    return file_.Issuances(id, after, last, limit);
}

}  // namespace coupon::admission
