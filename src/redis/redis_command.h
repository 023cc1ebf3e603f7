#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <span>
#include <string_view>

namespace coupon::redis {

/// One command, formatted once (by hiredis) into the bytes that the socket is given: arguments are
/// copied there and nowhere else, whatever bytes they hold. Move-only value.
class RedisCommand {
public:
    /// The command's name and its arguments, at least the name (CHECK). It must be one that Redis
    /// answers exactly once: no SUBSCRIBE, MONITOR or CLIENT REPLY. Beyond
    /// limits::kRedisCommandBytesMax nothing is formatted: TooLarge.
    explicit RedisCommand(std::span<const std::string_view> arguments);
    RedisCommand(std::initializer_list<std::string_view> arguments)
        : RedisCommand(std::span(arguments.begin(), arguments.size())) {}

    std::string_view Bytes() const { return {bytes_.get(), size_}; }
    bool TooLarge() const { return bytes_ == nullptr; }

private:
    struct Free {
        void operator()(char* bytes) const;
    };

    std::unique_ptr<char, Free> bytes_;
    std::size_t size_ = 0;
};

}  // namespace coupon::redis
