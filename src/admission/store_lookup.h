#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "admission/claim_lookup.h"
#include "admission/memory_lookup.h"
#include "ledger/sqlite_reader.h"

namespace coupon::admission {

/// The embedded form: the engine's memory, and the file for redemptions and the winners' list.
/// Confined to one thread, as its reader.
class StoreLookup final : public ClaimLookup {
public:
    /// Both must outlive it.
    StoreLookup(const HolderReader& engine, ledger::SqliteReader& file)
        : memory_(engine), file_(file) {}

    Result<std::optional<CouponView>> FindCoupon(CouponId id) override;
    Result<std::vector<CouponView>> ListCoupons(CouponId after, std::size_t limit) override;
    Result<std::optional<ClaimRecord>> FindClaim(CouponId id, UserId user) override;
    /// Without the redemptions themselves: Holding::redeemed says which are redeemed.
    Result<std::vector<ClaimRecord>> HoldingsOf(UserId user) override;
    Result<std::vector<ledger::IssuanceRow>> Issuances(CouponId id, Sequence after, Sequence last,
                                                       std::size_t limit) override;

private:
    const MemoryLookup memory_;
    ledger::SqliteReader& file_;
};

}  // namespace coupon::admission
