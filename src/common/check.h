#pragma once

namespace coupon {

/// Prints what did not hold and where, then aborts. A process that is wrong about itself must not
/// answer anybody.
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);

}  // namespace coupon

/// Cheap invariants; on in every build.
#define CHECK(condition) \
    ((condition) ? void(0) : ::coupon::CheckFailed(#condition, __FILE__, __LINE__))

/// Costlier invariants; on in every build but release.
#ifdef COUPON_DCHECK_ON
#define DCHECK(condition) CHECK(condition)
#else
#define DCHECK(condition) (true ? void(0) : void(condition))
#endif
