#include "redis/redis_client.h"

#include <boost/asio/post.hpp>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "common/check.h"

namespace coupon::redis {
namespace {

Error Unavailable(std::string_view detail) {
    return Error{.code = ErrorCode::kUnavailable,
                 .operation = "redis command",
                 .applied = Applied::kNo,
                 .retry_is_safe = true,
                 .detail = std::string(detail)};
}

}  // namespace

Result<std::unique_ptr<RedisClient>> RedisClient::Create(boost::asio::io_context& io,
                                                         const RedisOptions& options,
                                                         StateCallback on_state) {
    std::unique_ptr<RedisClient> client(new RedisClient(io, options, std::move(on_state)));
    Result<std::unique_ptr<RedisLink>> link =
        RedisLink::Create(io, options, *client, client->stats_);
    if (!link) return std::unexpected(std::move(link.error()));
    client->link_ = std::move(*link);
    return client;
}

RedisClient::RedisClient(boost::asio::io_context& io, const RedisOptions& options,
                         StateCallback&& on_state)
    : io_(io), on_state_(std::move(on_state)), pipeline_(options.overdue, stats_), expiry_(io) {}

RedisClient::~RedisClient() { Close(); }

void RedisClient::Send(RedisCommand command, MonotonicTime deadline, RedisCallback callback) {
    CHECK(callback != nullptr);
    if (closed_) return;
    stats_.commands.Add();
    if (!Up()) {
        return Refuse(std::move(callback), RedisFailure::kNotConnected,
                      Unavailable("not connected to Redis"));
    }
    if (std::optional<Error> refusal = pipeline_.Refuses(command)) {
        return Refuse(std::move(callback), RedisFailure::kOverloaded, std::move(*refusal));
    }
    pipeline_.Add(std::move(command), deadline, std::move(callback));
    Flush();
    ArmExpiry();
}

void RedisClient::Close() {
    if (closed_) return;
    closed_ = true;
    expiry_.cancel();
    if (link_ != nullptr) link_->Close();
    pipeline_.FailAll(Unavailable("the client was closed"));
}

// Not from inside Send: its caller may be in the middle of something.
void RedisClient::Refuse(RedisCallback&& callback, RedisFailure failure, Error&& error) {
    pipeline_.Fail(std::move(callback), failure, std::move(error));
    if (std::exchange(refusals_posted_, true)) return;
    boost::asio::post(io_, [this, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        refusals_posted_ = false;
        pipeline_.CallFailed();
    });
}

void RedisClient::Flush() {
    if (!Up() || link_->Writing()) return;
    pipeline_.TakeBatch(std::chrono::steady_clock::now(), batch_);
    link_->Write(batch_);
}

void RedisClient::ArmExpiry() {
    if (closed_ || pipeline_.NextExpiry() >= expiry_at_) return;
    expiry_at_ = pipeline_.NextExpiry();
    expiry_.expires_at(expiry_at_);
    expiry_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
        if (!error && !alive.expired() && !closed_) OnExpiry();
    });
}

void RedisClient::OnExpiry() {
    expiry_at_ = MonotonicTime::max();
    const bool overdue = !pipeline_.Expire(std::chrono::steady_clock::now());
    if (overdue && Up()) link_->Lose(Unavailable("no reply for too long: the peer is gone"));
    ArmExpiry();
}

void RedisClient::OnUp() { on_state_({.up = true, .run_id = link_->RunId()}); }

void RedisClient::OnReply(RedisReply&& reply) {
    if (pipeline_.OnReply(std::move(reply), std::chrono::steady_clock::now())) {
        Flush();  // there may be room in flight again
    } else {
        link_->Lose(Unavailable("a reply that nobody asked for"));
    }
}

void RedisClient::OnLost(const Error& reason) {
    on_state_({.up = false, .reason = Describe(reason)});
    if (!closed_) pipeline_.FailAll(reason);
}

}  // namespace coupon::redis
