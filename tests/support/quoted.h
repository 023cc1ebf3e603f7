#pragma once

#include <algorithm>
#include <string>

namespace coupon::support {

/// JSON as a test writes it: ' stands for ".
inline std::string Quoted(std::string text) {
    std::ranges::replace(text, '\'', '"');
    return text;
}

}  // namespace coupon::support
