#pragma once

#include <algorithm>
#include <string_view>

namespace coupon {

/// In ASCII only, whatever the locale.
constexpr char ToLowerAscii(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, ToLowerAscii, ToLowerAscii);
}

}  // namespace coupon
