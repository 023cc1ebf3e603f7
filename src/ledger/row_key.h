#pragma once

#include <cstdint>

#include "common/ids.h"
#include "common/limits.h"

namespace coupon::ledger {

/// A row's key: coupon id << 40 | sequence. Rows of a coupon lie together in the order of their
/// sequence, and the usual append goes to the end of the table or of its coupon's part.
inline constexpr int kSequenceBits = 40;
inline constexpr std::int64_t kSequenceMask = (std::int64_t{1} << kSequenceBits) - 1;

static_assert(limits::kSequenceMax <= kSequenceMask);
static_assert(limits::kCouponsMax < (std::int64_t{1} << (63 - kSequenceBits)));

constexpr std::int64_t RowKey(CouponId coupon, Sequence sequence) {
    return (coupon.value << kSequenceBits) | sequence.value;
}

constexpr CouponId CouponOfKey(std::int64_t key) { return CouponId(key >> kSequenceBits); }

constexpr Sequence SequenceOfKey(std::int64_t key) { return Sequence(key & kSequenceMask); }

}  // namespace coupon::ledger
