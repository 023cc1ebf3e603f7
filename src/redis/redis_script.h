#pragma once

#include <span>
#include <string>
#include <string_view>

#include "redis/redis_command.h"

namespace coupon::redis {

/// A Lua script that Redis runs whole or not at all. Called by the hash of its text; Redis forgets
/// scripts at a restart, a failover and SCRIPT FLUSH and then answers NOSCRIPT (nothing applied):
/// the call is made again with the text, which Redis keeps. Immutable; any thread.
class RedisScript {
public:
    /// `text` must outlive the object (a string constant).
    explicit RedisScript(std::string_view text);

    /// EVALSHA: all keys stand in one slot of a Cluster.
    RedisCommand ByHash(std::span<const std::string_view> keys,
                        std::span<const std::string_view> arguments) const;
    /// EVAL, after NOSCRIPT.
    RedisCommand ByText(std::span<const std::string_view> keys,
                        std::span<const std::string_view> arguments) const;
    /// 40 hexadecimal digits.
    const std::string& Hash() const { return hash_; }

private:
    std::string_view text_;
    std::string hash_;
};

}  // namespace coupon::redis
