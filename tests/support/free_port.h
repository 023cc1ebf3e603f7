#pragma once

#include <cstdint>

namespace coupon::support {

/// A port of 127.0.0.1 that nobody listens on.
std::uint16_t FreePort();

}  // namespace coupon::support
