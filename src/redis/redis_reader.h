#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "common/error.h"
#include "common/limits_distributed.h"
#include "redis/redis_reply.h"

struct redisReader;
struct redisReadTask;

namespace coupon::redis {

/// Bytes of one connection to replies, by hiredis' parser. A reply is built from parts that count
/// against limits::kRedisReplyBytesMax, kRedisReplyElementsMax and kRedisReplyDepthMax as they
/// arrive, so that a peer that lies about a length costs nothing. Confined to one thread; after an
/// error good for nothing: the connection's place in the stream is lost.
class RedisReader {
public:
    RedisReader();
    ~RedisReader();
    RedisReader(const RedisReader&) = delete;
    RedisReader& operator=(const RedisReader&) = delete;

    /// Takes what the connection has read. At most limits::kRedisReplyBytesMax at a time; all
    /// replies in it must have been taken by Next before more is fed.
    void Feed(std::string_view bytes);
    /// The next whole reply; nullopt: it is still on its way. Errors: kUnavailable, not RESP or
    /// beyond a limit; the detail says which.
    Result<std::optional<RedisReply>> Next();

private:
    struct Parts;
    struct Free {
        void operator()(redisReader* reader) const;
    };

    bool Count(std::size_t elements, std::size_t bytes);

    std::unique_ptr<redisReader, Free> reader_;
    RedisReply building_;  ///< what the parser fills; its parts are handed to hiredis as pointers
    std::size_t elements_ = 0;  ///< of building_
    std::size_t bytes_ = 0;  ///< of the texts in building_
    const char* beyond_ = nullptr;  ///< the limit that was reached, for the error
};

}  // namespace coupon::redis
