#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace coupon {

/// What a newcomer can try next against the demo coupon: commands to copy.
/// `stock` and `window` are those it has when it is new.
std::string WelcomeText(std::uint16_t port, std::int64_t stock, std::chrono::hours window);

}  // namespace coupon
