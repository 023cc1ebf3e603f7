#include "redis/redis_stats.h"

namespace coupon::redis {

std::string_view ToString(RedisFailure failure) {
    switch (failure) {
        case RedisFailure::kNotConnected: return "not_connected";
        case RedisFailure::kOverloaded: return "overloaded";
        case RedisFailure::kTimedOut: return "timed_out";
        case RedisFailure::kConnectionLost: return "connection_lost";
        case RedisFailure::kRefused: return "refused";
        case RedisFailure::kErrorReply: return "error_reply";
        case RedisFailure::kCount: break;
    }
    return "unknown";
}

}  // namespace coupon::redis
