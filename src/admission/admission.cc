#include "admission/admission.h"

namespace coupon::admission {

std::string_view ToString(Outcome outcome) {
    switch (outcome) {
        case Outcome::kAdmitted: return "admitted";
        case Outcome::kDuplicate: return "duplicate";
        case Outcome::kSoldOut: return "sold_out";
        case Outcome::kNotOpen: return "not_open";
        case Outcome::kEnded: return "ended";
        case Outcome::kPaused: return "paused";
        case Outcome::kClosed: return "closed";
        case Outcome::kRedeemed: return "redeemed";
        case Outcome::kAlreadyRedeemed: return "already_redeemed";
        case Outcome::kRedemptionUndone: return "redemption_undone";
        case Outcome::kNotRedeemed: return "not_redeemed";
        case Outcome::kNotHeld: return "not_held";
        case Outcome::kNotIssuedYet: return "not_issued_yet";
        case Outcome::kBelowMinimumPrice: return "below_minimum_price";
        case Outcome::kExpired: return "expired";
        case Outcome::kUnknownCoupon: return "unknown_coupon";
        case Outcome::kOverloaded: return "overloaded";
        case Outcome::kUnavailable: return "unavailable";
        case Outcome::kStorageFull: return "storage_full";
        case Outcome::kUnknown: return "unknown";
    }
    return "unknown";
}

std::string_view ToString(AckLevel level) {
    switch (level) {
        case AckLevel::kProcess: return "process";
        case AckLevel::kOs: return "os";
        case AckLevel::kDurable: return "durable";
        case AckLevel::kReplicated: return "replicated";
    }
    return "unknown";
}

}  // namespace coupon::admission
