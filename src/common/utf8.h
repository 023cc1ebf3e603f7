#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace coupon {

/// Takes the first code point off `rest`. Refuses (nullopt) what RFC 3629 refuses: stray and
/// missing continuation bytes, overlong forms, surrogates, beyond U+10FFFF; then exactly one byte
/// is taken off, so that a caller can put a replacement and go on. `rest` must not be empty. Any
/// thread.
std::optional<char32_t> TakeCodePoint(std::string_view& rest);

/// The number of code points; nullopt when `text` is not valid UTF-8. Any thread.
std::optional<std::size_t> CountCodePoints(std::string_view text);

/// What stands for bytes that are no UTF-8: U+FFFD.
inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

/// C0 (below U+0020), DEL and C1 (U+0080 to U+009F).
constexpr bool IsControl(char32_t point) {
    return point < 0x20 || (point >= 0x7F && point <= 0x9F);
}

}  // namespace coupon
