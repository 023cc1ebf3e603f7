#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/error.h"
#include "common/limits_distributed.h"
#include "redis/redis_command.h"
#include "redis/redis_link.h"
#include "redis/redis_options.h"
#include "redis/redis_pipeline.h"
#include "redis/redis_stats.h"

namespace coupon::redis {

/// Whether commands reach Redis.
struct RedisState {
    bool up = false;
    std::string run_id = {};  ///< up: of the Redis process; another one after each restart
    std::string reason = {};  ///< down: for the log; never holds a secret
};

/// Redis for one event loop: one connection with natural pipelining (what is sent while a write is
/// under way goes out with the next), opened again whenever it is lost. Nothing is sent twice: what
/// becomes of a command whose reply is missing is the caller's to decide, by `applied` of the
/// error. Confined to the io_context's thread, the destructor too.
///
/// Callbacks run on that thread, never from inside Send. They may Send and Close; they must not
/// destroy the client.
class RedisClient final : private RedisEvents {
public:
    /// Called at every connection, at every loss and at every failed attempt; before the callbacks
    /// of the commands that were lost with it.
    using StateCallback = std::function<void(const RedisState&)>;

    /// Does not connect yet. `io` must outlive it. Errors: as RedisLink::Create.
    static Result<std::unique_ptr<RedisClient>> Create(boost::asio::io_context& io,
                                                       const RedisOptions& options,
                                                       StateCallback on_state);
    ~RedisClient() override;

    /// Begins to connect. Call once.
    void Start() { link_->Start(); }
    /// `callback` is called exactly once, with the reply, in the order of the commands, or an
    /// error (then as soon as it is known):
    ///   kUnavailable, kNo       not connected; or `deadline` passed, or the connection was lost,
    ///                           before it was written
    ///   kUnavailable, kUnknown  the same after its first byte was handed to the socket. A reply
    ///                           that still comes is dropped
    ///   kOverloaded, kNo        too many commands or bytes wait (limits::kRedisQueuedMax,
    ///                           kRedisQueuedBytesMax)
    ///   kInvalidArgument, kNo   the command is too large (limits::kRedisCommandBytesMax)
    ///   what Redis answered     ErrorOfReply
    /// After Close the callback is dropped uncalled.
    void Send(RedisCommand command, MonotonicTime deadline, RedisCallback callback);
    /// Fails everything outstanding before it returns (kUnavailable), and calls nothing afterwards.
    /// Idempotent; the destructor closes, too.
    void Close();

    bool Up() const { return link_->Up(); }
    /// Of the Redis process that commands go to now; empty when not Up.
    std::string RunId() const { return Up() ? link_->RunId() : std::string(); }
    /// Any thread may read it.
    const RedisStats& Stats() const { return stats_; }

private:
    RedisClient(boost::asio::io_context& io, const RedisOptions& options, StateCallback&& on_state);

    void Refuse(RedisCallback&& callback, RedisFailure failure, Error&& error);
    void Flush();
    void ArmExpiry();
    void OnExpiry();

    void OnUp() override;
    void OnReply(RedisReply&& reply) override;
    void OnWritten() override { Flush(); }
    void OnLost(const Error& reason) override;

    boost::asio::io_context& io_;
    StateCallback on_state_;
    RedisStats stats_;
    RedisPipeline pipeline_;
    std::unique_ptr<RedisLink> link_;
    RedisTimer expiry_;
    MonotonicTime expiry_at_ = MonotonicTime::max();  ///< what the timer is set to
    std::vector<RedisCommand> batch_;  ///< empty; kept for its memory
    bool refusals_posted_ = false;
    bool closed_ = false;
    /// Gone with this object: a handler may be called after it.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace coupon::redis
