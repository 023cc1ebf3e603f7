#pragma once

#include "redis/redis_script.h"

namespace coupon::queue {

// scripts/*.lua, compiled in; each file says what its keys, arguments and answer are. Made at the
// first call; any thread.
const redis::RedisScript& TakeScript();
const redis::RedisScript& AckScript();
const redis::RedisScript& ReleaseScript();
const redis::RedisScript& HoldersScript();

}  // namespace coupon::queue
