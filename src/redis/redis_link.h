#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "common/error.h"
#include "redis/redis_backoff.h"
#include "redis/redis_command.h"
#include "redis/redis_connection.h"
#include "redis/redis_options.h"
#include "redis/redis_stats.h"

namespace coupon::redis {

/// One connection after another: opens the next when one has ended, after a pause (RedisBackoff).
/// What becomes of commands is its owner's business. Where Sentinel and Cluster fit in: they decide
/// which node the next connection goes to. Confined to the io_context's thread.
class RedisLink final : private RedisEvents {
public:
    /// Errors: kConfiguration, what redis.url asks for is not supported so far, or the authorities
    /// for TLS cannot be read. `io` and `stats` must outlive it; `events` until Close.
    static Result<std::unique_ptr<RedisLink>> Create(boost::asio::io_context& io,
                                                     const RedisOptions& options,
                                                     RedisEvents& events, RedisStats& stats);
    ~RedisLink() override;

    /// Call once; `events` are told of each connection and of each failed attempt.
    void Start();
    /// No event follows, no connection is opened any more. Idempotent.
    void Close();

    bool Up() const { return up_; }
    /// Only when Up: as RedisConnection.
    bool Writing() const { return connection_->Writing(); }
    void Write(std::vector<RedisCommand>& batch) { connection_->Write(batch); }
    const std::string& RunId() const { return connection_->RunId(); }
    /// Ends the connection as if the peer had, OnLost included; the next one follows. Only when Up.
    void Lose(const Error& reason);
    const RedisOptions& Options() const { return settings_->options; }

private:
    RedisLink(boost::asio::io_context& io, std::shared_ptr<RedisSettings> settings,
              RedisEvents& events, RedisStats& stats);

    void Open();
    void OpenLater();

    void OnUp() override;
    void OnReply(RedisReply&& reply) override { events_.OnReply(std::move(reply)); }
    void OnWritten() override { events_.OnWritten(); }
    void OnLost(const Error& reason) override;

    boost::asio::io_context& io_;
    /// Shared with connections, whose last operations may end after this object.
    std::shared_ptr<RedisSettings> settings_;
    RedisEvents& events_;
    RedisStats& stats_;
    std::shared_ptr<RedisConnection> connection_;
    RedisTimer pause_;
    RedisBackoff backoff_;
    std::minstd_rand chance_{std::random_device{}()};
    MonotonicTime up_since_{};
    bool up_ = false;
    bool closed_ = false;
    /// Gone with this object: a timer's handler may be called after it.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace coupon::redis
