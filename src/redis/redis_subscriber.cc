#include "redis/redis_subscriber.h"

#include <chrono>
#include <utility>

#include "common/check.h"
#include "redis/redis_command.h"
#include "redis/redis_error.h"
#include "redis/redis_reply.h"

namespace coupon::redis {
namespace {

Error Gone(std::string_view detail) {
    return Error{.code = ErrorCode::kUnavailable,
                 .operation = "redis subscription",
                 .applied = Applied::kNo,
                 .retry_is_safe = true,
                 .detail = std::string(detail)};
}

}  // namespace

Result<std::unique_ptr<RedisSubscriber>> RedisSubscriber::Create(boost::asio::io_context& io,
                                                                 const RedisOptions& options,
                                                                 std::vector<std::string> channels,
                                                                 RedisSubscription subscription) {
    CHECK(!channels.empty());
    std::unique_ptr<RedisSubscriber> subscriber(
        new RedisSubscriber(io, std::move(channels), std::move(subscription)));
    Result<std::unique_ptr<RedisLink>> link =
        RedisLink::Create(io, options, *subscriber, subscriber->stats_);
    if (!link) return std::unexpected(std::move(link.error()));
    subscriber->link_ = std::move(*link);
    return subscriber;
}

RedisSubscriber::RedisSubscriber(boost::asio::io_context& io, std::vector<std::string>&& channels,
                                 RedisSubscription&& subscription)
    : channels_(std::move(channels)), subscription_(std::move(subscription)), ping_(io) {}

RedisSubscriber::~RedisSubscriber() { Close(); }

void RedisSubscriber::Close() {
    if (closed_) return;
    closed_ = true;
    confirmed_ = 0;
    ping_.cancel();
    if (link_ != nullptr) link_->Close();
}

void RedisSubscriber::OnUp() {
    heard_at_ = std::chrono::steady_clock::now();
    std::vector<std::string_view> arguments = {"SUBSCRIBE"};
    arguments.insert(arguments.end(), channels_.begin(), channels_.end());
    std::vector<RedisCommand> batch;
    batch.emplace_back(std::span<const std::string_view>(arguments));
    link_->Write(batch);
    ArmPing();
}

// In a subscription everything is an array that begins with its kind.
// NOLINTNEXTLINE(cppcoreguidelines-rvalue-reference-param-not-moved): the form of the base
void RedisSubscriber::OnReply(RedisReply&& reply) {
    heard_at_ = std::chrono::steady_clock::now();
    const std::string_view kind = reply[0].Text();
    if (kind == "message" && reply.Size() == 3) {
        subscription_.on_message(reply[1].Text(), reply[2].Text());
    } else if (kind == "subscribe" && !Subscribed()) {
        if (++confirmed_ == channels_.size()) subscription_.on_subscribed();
    } else if (reply.IsError()) {
        Lose(ErrorOfReply(reply.Text()));
    } else if (kind != "pong") {
        Lose(Gone("a reply that nobody asked for"));
    }
}

void RedisSubscriber::ArmPing() {
    ping_.expires_after(link_->Options().ping_interval);
    ping_.async_wait([this, alive = std::weak_ptr(alive_)](boost::system::error_code error) {
        if (!error && !alive.expired() && !closed_ && link_->Up()) OnPing();
    });
}

void RedisSubscriber::OnPing() {
    if (std::chrono::steady_clock::now() - heard_at_ >= link_->Options().silence) {
        return Lose(Gone("silent for too long: the peer is gone"));
    }
    if (!link_->Writing()) {
        std::vector<RedisCommand> batch;
        batch.emplace_back(std::initializer_list<std::string_view>{"PING"});
        link_->Write(batch);
    }
    ArmPing();
}

void RedisSubscriber::Lose(const Error& reason) { link_->Lose(reason); }

void RedisSubscriber::OnLost(const Error& reason) {
    ping_.cancel();
    confirmed_ = 0;
    subscription_.on_lost(reason);
}

}  // namespace coupon::redis
