#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/error.h"
#include "common/limits_distributed.h"
#include "redis/redis_link.h"
#include "redis/redis_options.h"
#include "redis/redis_stats.h"

namespace coupon::redis {

/// What a subscriber tells. All are set; they run on its thread, may Close it and must not destroy
/// it.
struct RedisSubscription {
    /// A message; the views end with the call.
    std::function<void(std::string_view channel, std::string_view payload)> on_message;
    /// Every channel is subscribed, for the first time or again. What was published before is not
    /// delivered.
    std::function<void()> on_subscribed;
    /// Not subscribed: the subscription was lost, or an attempt to make it failed. Until
    /// on_subscribed, messages are missed.
    std::function<void(const Error& reason)> on_lost;
};

/// Channels of Redis, on a connection of its own that is opened again whenever it is lost. A peer
/// that has gone without a word is found by PING: after limits::kRedisSilence without a byte the
/// subscription is lost. Confined to the io_context's thread, the destructor too.
class RedisSubscriber final : private RedisEvents {
public:
    /// Does not connect yet. `channels`: at least one (CHECK). `io` must outlive it. Errors: as
    /// RedisLink::Create.
    static Result<std::unique_ptr<RedisSubscriber>> Create(boost::asio::io_context& io,
                                                           const RedisOptions& options,
                                                           std::vector<std::string> channels,
                                                           RedisSubscription subscription);
    ~RedisSubscriber() override;

    /// Begins to connect. Call once.
    void Start() { link_->Start(); }
    /// Calls nothing afterwards. Idempotent; the destructor closes, too.
    void Close();

    bool Subscribed() const { return confirmed_ == channels_.size(); }
    /// Any thread may read it.
    const RedisStats& Stats() const { return stats_; }

private:
    RedisSubscriber(boost::asio::io_context& io, std::vector<std::string>&& channels,
                    RedisSubscription&& subscription);

    void ArmPing();
    void OnPing();
    void Lose(const Error& reason);

    void OnUp() override;
    void OnReply(RedisReply&& reply) override;
    void OnWritten() override {}
    void OnLost(const Error& reason) override;

    const std::vector<std::string> channels_;
    const RedisSubscription subscription_;
    RedisStats stats_;
    std::unique_ptr<RedisLink> link_;
    RedisTimer ping_;
    MonotonicTime heard_at_{};  ///< when the last reply or message came
    std::size_t confirmed_ = 0;  ///< channels, on this connection
    bool closed_ = false;
    /// Gone with this object: a timer's handler may be called after it.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace coupon::redis
