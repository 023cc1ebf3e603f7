#pragma once

#include <chrono>
#include <cstdint>

#include "admission/admission.h"
#include "common/clock.h"
#include "common/error.h"

namespace coupon {

/// What a newcomer tries things with: coupon 1 of an empty store.
inline constexpr std::int64_t kDemoStock = 10'000;
inline constexpr std::chrono::hours kDemoWindow{24};

/// Creates the demo coupon in an empty store. Where it is there already and has ended, its window
/// ends kDemoWindow after `now`; any other coupon 1 is left alone. Blocking; before traffic.
Result<void> OpenDemoCoupon(admission::Admission& admission, WallTime now);

}  // namespace coupon
