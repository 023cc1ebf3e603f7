#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "redis/redis_client.h"
#include "redis/redis_command.h"
#include "redis/redis_options.h"
#include "redis/redis_reply.h"
#include "redis/redis_script.h"

namespace coupon::redis {

/// Redis for a thread that may block: loaders, consumers, operator changes. Its connection is
/// opened again whenever it is lost; a call made meanwhile waits for it. Confined to one thread at
/// a time but for Interrupt.
class RedisSession {
public:
    /// Does not connect yet. Errors: as RedisLink::Create.
    static Result<std::unique_ptr<RedisSession>> Create(const RedisOptions& options);

    /// Waits until it is connected. kUnavailable, kNo: not within `patience`.
    Result<void> WaitUntilUp(std::chrono::milliseconds patience);
    /// Sends and waits for the reply. Errors: as RedisClient::Send, where `patience` covers the
    /// wait for the connection, too.
    Result<RedisReply> Call(RedisCommand command, std::chrono::milliseconds patience);
    /// The same for all of them in one go; one result a command, in order.
    std::vector<Result<RedisReply>> CallAll(std::vector<RedisCommand> commands,
                                            std::chrono::milliseconds patience);
    /// By hash, and by text where Redis does not know the script.
    Result<RedisReply> Run(const RedisScript& script, std::span<const std::string_view> keys,
                           std::span<const std::string_view> arguments,
                           std::chrono::milliseconds patience);
    /// Of the Redis process that the last call went to; empty when the connection is down.
    std::string RunId() const { return client_->RunId(); }
    const RedisStats& Stats() const { return client_->Stats(); }
    /// The call under way and all to come fail at once (kUnavailable), for good. Any thread.
    void Interrupt();

private:
    RedisSession() = default;

    void RunUntil(MonotonicTime deadline, const bool& done);

    boost::asio::io_context io_{1};
    std::unique_ptr<RedisClient> client_;
    std::atomic<bool> interrupted_{false};  ///< relaxed: stands for itself
    bool up_ = false;
    std::string why_down_ = "not connected so far";
};

}  // namespace coupon::redis
