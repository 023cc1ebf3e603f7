#pragma once

#include <charconv>
#include <concepts>
#include <optional>
#include <string_view>
#include <system_error>

namespace coupon {

/// The whole text as a decimal number; nullopt when there is anything else in it (a blank, "+"), or
/// it does not fit. Pure; any thread.
template <std::integral T>
std::optional<T> ParseWhole(std::string_view text) {
    T number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    if (error != std::errc{} || stop != end) return std::nullopt;
    return number;
}

}  // namespace coupon
