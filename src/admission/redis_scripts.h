#pragma once

#include "redis/redis_script.h"

namespace coupon::admission {

/// The Lua scripts of redis_scripts/, compiled in; each file says what its keys, arguments and
/// answer are. Immutable; any thread.
struct RedisScripts {
    redis::RedisScript claim;         ///< decides a batch of claims of one coupon
    redis::RedisScript begin_load;    ///< takes the loader's lock and closes admission
    redis::RedisScript fill_load;     ///< adds users to what is loaded, renews the lock
    redis::RedisScript publish_load;  ///< opens admission with what was loaded
    redis::RedisScript end_load;      ///< gives the lock back after a load that failed
    redis::RedisScript change;        ///< applies an operator's change once
    redis::RedisScript unload;        ///< forgets a coupon whose stream is empty
};

/// Made at the first call.
const RedisScripts& Scripts();

}  // namespace coupon::admission
