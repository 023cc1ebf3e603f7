#pragma once

namespace coupon {

/// Exit codes of every program (sysexits.h).
inline constexpr int kExitOk = 0;
/// couponctl: the answer is no, or the audit found a broken promise.
inline constexpr int kExitNo = 1;
inline constexpr int kExitUsage = 64;
inline constexpr int kExitDataDamaged = 65;
inline constexpr int kExitUnavailable = 69;
inline constexpr int kExitCannotCreate = 73;
inline constexpr int kExitConfiguration = 78;

}  // namespace coupon
