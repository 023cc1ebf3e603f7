#pragma once

#include <string>

#include "admission/admission.h"
#include "common/error.h"
#include "redis/redis_session.h"

namespace coupon::admission {

/// What Redis is configured to keep.
struct RedisDurability {
    AckLevel level = AckLevel::kProcess;
    std::string text;  ///< "appendonly yes, appendfsync everysec": for /actuator/info and the log
};

/// Asks Redis (INFO, and CONFIG where that is allowed). Blocks. Errors: kConfiguration for a
/// maxmemory-policy other than noeviction, which would forget winners and sell twice; kUnavailable.
///
/// appendonly with appendfsync always, and not off while it rewrites, is kDurable; appendonly
/// otherwise is kOs (written before the reply, so a killed Redis keeps it; the end of the machine
/// takes what was not flushed, everysec: a second); none is kProcess. A replica makes no
/// difference: it is written to after the reply.
Result<RedisDurability> CheckDurability(redis::RedisSession& session);

}  // namespace coupon::admission
