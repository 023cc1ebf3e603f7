#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"

namespace coupon::redis {

enum class RedisMode : std::uint8_t { kStandalone, kCluster, kSentinel };

struct RedisNode {
    std::string host;  ///< a name or an address; of IPv6 without brackets
    std::uint16_t port = 0;

    bool operator==(const RedisNode&) const = default;
};

/// Where Redis is and as whom to speak to it: the configuration key redis.url. A value.
///     redis://[user:password@]host[:port][/database]
///     rediss://...                                        the same with TLS
///     redis+cluster://[user:password@]host[:port],...
///     redis+sentinel://[user:password@]host[:port],.../master-name[/database]
/// `:password@` without a user is the default user's. Reserved characters in user and password are
/// written as %XX; an IPv6 address stands in brackets.
struct RedisUrl {
    RedisMode mode = RedisMode::kStandalone;
    bool tls = false;
    std::string user = {};  ///< empty: the default user
    std::string password = {};  ///< empty: nothing is proved
    std::vector<RedisNode> nodes = {};  ///< at least one; exactly one when standalone
    std::string master = {};  ///< the name that the sentinels know; else empty
    int database = 0;

    /// Errors: kConfiguration, of the field redis.url; no error repeats a part of `text` that may
    /// hold a password. Pure; any thread.
    static Result<RedisUrl> Parse(std::string_view text);
};

/// "127.0.0.1:6380", "[::1]:6380": for logs and errors.
std::string Describe(const RedisNode& node);
/// "rediss://host:6380/2": without user and password, for logs and errors.
std::string Describe(const RedisUrl& url);

}  // namespace coupon::redis
