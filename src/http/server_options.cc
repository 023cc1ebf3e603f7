#include "http/server_options.h"

namespace coupon::http {

std::size_t DefaultBodyLimit(std::string_view path) {
    const bool claim = path.ends_with("/claims") || path.starts_with("/coupons/issue");
    return claim ? limits::kClaimBodyBytesMax : limits::kBodyBytesMax;
}

}  // namespace coupon::http
