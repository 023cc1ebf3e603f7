#pragma once

#include <string>
#include <string_view>

namespace coupon {

/// Appends `text` as a JSON string, quotes included. Always valid JSON: controls, and what ends a
/// line for some readers (U+2028, U+2029), are escaped; bytes that are no UTF-8 become U+FFFD. Any
/// thread.
void AppendJsonString(std::string& out, std::string_view text);
/// The same without the quotes.
void AppendJsonEscaped(std::string& out, std::string_view text);

}  // namespace coupon
