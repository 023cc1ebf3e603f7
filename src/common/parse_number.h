#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace coupon {

/// Both ends belong to it.
struct IntegerRange {
    std::int64_t min;
    std::int64_t max;

    constexpr bool Contains(std::int64_t number) const { return number >= min && number <= max; }
};

/// The whole text as a decimal number, of a floating type with fraction and exponent; nullopt when
/// there is anything else in it (a blank, "+"), or it does not fit. Pure; any thread.
template <class T>
    requires std::is_arithmetic_v<T>
std::optional<T> ParseWhole(std::string_view text) {
    T number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || stop != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace coupon
