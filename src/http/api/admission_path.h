#pragma once

#include <cstdint>
#include <string_view>

namespace coupon::http::api {

/// What admits a coupon's claims; one for all coupons of a service.
enum class AdmissionPath : std::uint8_t { kLedger, kRedis };

/// "ledger", "redis": the coupon's member admission.
constexpr std::string_view ToString(AdmissionPath path) {
    return path == AdmissionPath::kRedis ? "redis" : "ledger";
}

}  // namespace coupon::http::api
