#pragma once

namespace coupon {

/// Exit codes of every program (sysexits.h).
inline constexpr int kExitOk = 0;
inline constexpr int kExitCheckFailed = 1;  ///< couponctl audit: a promise does not hold
inline constexpr int kExitUsage = 64;
inline constexpr int kExitDataDamaged = 65;
inline constexpr int kExitUnavailable = 69;
inline constexpr int kExitCannotCreate = 73;
inline constexpr int kExitConfiguration = 78;

}  // namespace coupon
