#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.h"
#include "redis/redis_command.h"
#include "redis/redis_options.h"
#include "redis/redis_reply.h"

namespace coupon::redis {

/// What is said first on every connection: AUTH, SELECT, CLIENT SETNAME and INFO server, as far as
/// they are needed, in one write. No I/O. Confined to one thread.
class RedisHandshake {
public:
    explicit RedisHandshake(const RedisOptions& options);

    /// Call once.
    std::vector<RedisCommand> TakeCommands() { return std::move(commands_); }
    /// The reply to the next command; true: it was the last. Errors: what Redis refused, by
    /// ErrorOfReply, with the command's name and never an argument.
    Result<bool> OnReply(const RedisReply& reply);
    /// Of this process of Redis: another one after each restart. Known after the last reply.
    const std::string& RunId() const { return run_id_; }

private:
    void Say(std::string_view name, std::initializer_list<std::string_view> command);

    std::vector<RedisCommand> commands_;
    std::vector<std::string_view> names_;
    std::size_t answered_ = 0;
    std::string run_id_;
};

}  // namespace coupon::redis
