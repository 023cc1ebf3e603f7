#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "common/ids.h"

namespace coupon::queue {

// Coupons in turn, round and round: `coupons` is a map or a set by CouponId. Pure.

/// The place after `last`, or the first one behind the end.
template <class Coupons>
auto PlaceAfter(Coupons& coupons, CouponId last) {
    const auto at = coupons.upper_bound(last);
    return at == coupons.end() ? coupons.begin() : at;
}

/// The `limit` keys of a map that follow `last`, each at most once; `last` becomes the last one.
template <class Map>
std::vector<CouponId> NextInTurn(const Map& coupons, CouponId& last, std::size_t limit) {
    std::vector<CouponId> next;
    auto at = PlaceAfter(coupons, last);
    const std::size_t count = std::min(limit, coupons.size());
    for (std::size_t i = 0; i < count; ++i, ++at) {
        if (at == coupons.end()) at = coupons.begin();
        next.push_back(at->first);
    }
    if (!next.empty()) last = next.back();
    return next;
}

}  // namespace coupon::queue
