#pragma once

#include <cstdint>
#include <string_view>

namespace coupon {

/// Distributed mode: what a yes waits for.
enum class ReplyAfter : std::uint8_t {
    kAdmission,  ///< the decision in Redis: the claim is accepted
    kLedger,     ///< the commit of the ledger: the coupon is issued
};
/// "admission", "ledger": as in the configuration and in /actuator/info.
std::string_view ToString(ReplyAfter moment);

}  // namespace coupon
