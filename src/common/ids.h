#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace coupon {

/// A whole number with a meaning of its own: two different ids do not convert into each other.
/// Callers see ids from 1 to 2^63-1; 0 is "none" and never leaves the process.
template <class Tag>
struct Id {
    std::int64_t value = 0;

    constexpr Id() = default;
    constexpr explicit Id(std::int64_t number) : value(number) {}
    constexpr auto operator<=>(const Id&) const = default;
};

using CouponId = Id<struct CouponIdTag>;
using UserId = Id<struct UserIdTag>;
/// The 1-based order of an admitted claim within its coupon.
using Sequence = Id<struct SequenceTag>;

/// Money in the smallest unit of the currency (cents, won). Never negative where a caller gives it.
struct Money {
    std::int64_t minor_units = 0;
    constexpr auto operator<=>(const Money&) const = default;
};

}  // namespace coupon

template <class Tag>
struct std::hash<coupon::Id<Tag>> {
    std::size_t operator()(const coupon::Id<Tag>& id) const noexcept {
        return std::hash<std::int64_t>{}(id.value);
    }
};
