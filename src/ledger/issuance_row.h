#pragma once

#include <optional>

#include "common/coupon.h"

namespace coupon::ledger {

/// An issuance as a store holds it, with its redemption, if any.
struct IssuanceRow {
    Issuance issuance;
    std::optional<Redemption> redemption;

    bool operator==(const IssuanceRow&) const = default;
};

}  // namespace coupon::ledger
