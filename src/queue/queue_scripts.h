#pragma once

#include "redis/redis_script.h"

namespace coupon::queue {

/// The Lua scripts of scripts/, compiled in; each file says what its keys, arguments and answer
/// are. Immutable; any thread.
struct QueueScripts {
    redis::RedisScript take;     ///< takes entries of a stream under its lease
    redis::RedisScript ack;      ///< takes entries off the stream
    redis::RedisScript release;  ///< gives a lease up
    redis::RedisScript rescue;   ///< says what became of claims of an earlier epoch
};

/// Made at the first call.
const QueueScripts& Scripts();

}  // namespace coupon::queue
