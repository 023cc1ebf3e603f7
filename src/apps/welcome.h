#pragma once

#include <cstdint>
#include <string>

namespace coupon {

/// What a newcomer can try next against the demo coupon: commands to copy.
std::string WelcomeText(std::uint16_t port);

}  // namespace coupon
