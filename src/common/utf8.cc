#include "common/utf8.h"

#include <algorithm>

namespace coupon {
namespace {

struct Lead {
    std::size_t size;       ///< bytes of the whole form; 0 = no lead byte
    char32_t bits;          ///< the lead byte's share
    char32_t smallest;      ///< below it the form is overlong
};

Lead LeadOf(unsigned char byte) {
    if (byte < 0x80) return {1, byte, 0};
    if (byte >= 0xC2 && byte <= 0xDF) return {2, byte & 0x1Fu, 0x80};
    if (byte >= 0xE0 && byte <= 0xEF) return {3, byte & 0x0Fu, 0x800};
    if (byte >= 0xF0 && byte <= 0xF4) return {4, byte & 0x07u, 0x10000};
    return {0, 0, 0};
}

}  // namespace

std::optional<char32_t> TakeCodePoint(std::string_view& rest) {
    const std::string_view text = rest;
    rest.remove_prefix(1);
    const Lead lead = LeadOf(static_cast<unsigned char>(text.front()));
    if (lead.size == 0 || text.size() < lead.size) return std::nullopt;
    char32_t point = lead.bits;
    for (const char character : text.substr(1, lead.size - 1)) {
        const auto byte = static_cast<unsigned char>(character);
        if ((byte & 0xC0) != 0x80) return std::nullopt;
        point = (point << 6) | (byte & 0x3Fu);
    }
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (point < lead.smallest || surrogate || point > 0x10FFFF) return std::nullopt;
    rest = text.substr(lead.size);
    return point;
}

std::optional<std::size_t> CountCodePoints(std::string_view text) {
    std::size_t count = 0;
    while (!text.empty()) {
        if (!TakeCodePoint(text)) return std::nullopt;
        ++count;
    }
    return count;
}

}  // namespace coupon
