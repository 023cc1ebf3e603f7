#include "redis/redis_link.h"

#include <chrono>

#include "common/check.h"
#include "common/config_values.h"
#include "redis/redis_socket.h"

namespace coupon::redis {

Result<std::unique_ptr<RedisLink>> RedisLink::Create(boost::asio::io_context& io,
                                                     const RedisOptions& options,
                                                     RedisEvents& events, RedisStats& stats) {
    if (options.url.mode != RedisMode::kStandalone) {
        return ConfigurationError(
            "redis.url", Describe(options.url) + ": cluster and sentinel are not supported so far");
    }
    CHECK(!options.url.nodes.empty());
    auto settings = std::make_shared<RedisSettings>(RedisSettings{options, std::nullopt});
    if (options.url.tls) {
        Result<boost::asio::ssl::context> tls = MakeTlsContext(options);
        if (!tls) return std::unexpected(std::move(tls.error()));
        settings->tls = std::move(*tls);
    }
    return std::unique_ptr<RedisLink>(new RedisLink(io, std::move(settings), events, stats));
}

RedisLink::RedisLink(boost::asio::io_context& io, std::shared_ptr<RedisSettings> settings,
                     RedisEvents& events, RedisStats& stats)
    : io_(io),
      settings_(std::move(settings)),
      events_(events),
      stats_(stats),
      pause_(io),
      backoff_(settings_->options.backoff_first, settings_->options.backoff_max) {}

RedisLink::~RedisLink() { Close(); }

void RedisLink::Start() {
    CHECK(connection_ == nullptr);
    Open();
}

void RedisLink::Close() {
    closed_ = true;
    up_ = false;
    pause_.cancel();
    if (connection_ != nullptr) connection_->Close();
}

void RedisLink::Lose(const Error& reason) {
    CHECK(up_);
    connection_->Close();
    OnLost(reason);
}

void RedisLink::Open() {
    connection_ =
        std::make_shared<RedisConnection>(io_, settings_, static_cast<RedisEvents&>(*this));
    connection_->Open();
}

void RedisLink::OpenLater() {
    pause_.expires_after(backoff_.Next(std::uniform_real_distribution<double>(0, 1)(chance_)));
    pause_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
        if (!error && !alive.expired() && !closed_) Open();
    });
}

void RedisLink::OnUp() {
    up_ = true;
    up_since_ = std::chrono::steady_clock::now();
    stats_.connections.Add();
    events_.OnUp();
}

void RedisLink::OnLost(const Error& reason) {
    if (up_) {
        backoff_.OnLost(std::chrono::steady_clock::now() - up_since_);
        stats_.connections_lost.Add();
    } else {
        stats_.connections_failed.Add();
    }
    up_ = false;
    OpenLater();
    events_.OnLost(reason);
}

}  // namespace coupon::redis
