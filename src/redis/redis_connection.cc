#include "redis/redis_connection.h"

#include <fmt/format.h>

#include <utility>

#include "common/check.h"

namespace coupon::redis {

RedisConnection::RedisConnection(boost::asio::io_context& io,
                                 std::shared_ptr<RedisSettings> settings, RedisEvents& events)
    : settings_(std::move(settings)),
      node_(settings_->options.url.nodes.front()),
      events_(events),
      socket_(io, settings_->tls ? &*settings_->tls : nullptr),
      connect_timer_(io),
      handshake_(settings_->options) {}

void RedisConnection::Open() {
    connect_timer_.expires_after(settings_->options.connect_timeout);
    connect_timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
        const bool open = self->phase_ == Phase::kConnecting || self->phase_ == Phase::kHandshake;
        if (!error && open) self->Lose("not connected in time");
    });
    socket_.Connect(
        node_, settings_->options.verify_peer,
        [self = shared_from_this()](boost::system::error_code error) { self->OnConnected(error); });
}

void RedisConnection::OnConnected(boost::system::error_code error) {
    if (phase_ == Phase::kClosed) return;
    if (error) return Lose(error.message());
    phase_ = Phase::kHandshake;
    std::vector<RedisCommand> commands = handshake_.TakeCommands();
    Write(commands);
    Read();
}

void RedisConnection::Read() {
    socket_.ReadSome(
        boost::asio::buffer(input_),
        [self = shared_from_this()](boost::system::error_code error, std::size_t bytes) {
            self->OnRead(error, bytes);
        });
}

void RedisConnection::OnRead(boost::system::error_code error, std::size_t bytes) {
    if (phase_ == Phase::kClosed) return;
    if (error) return Lose(error.message());
    reader_.Feed({input_.data(), bytes});
    if (TakeReplies()) Read();
}

/// False: the connection has ended.
bool RedisConnection::TakeReplies() {
    while (true) {
        Result<std::optional<RedisReply>> reply = reader_.Next();
        if (!reply) {
            Lose(std::move(reply.error()));
            return false;
        }
        if (!*reply) return true;
        if (phase_ == Phase::kUp) {
            events_.OnReply(std::move(**reply));
        } else if (!TakeHandshake(**reply)) {
            return false;
        }
        if (phase_ == Phase::kClosed) return false;
    }
}

bool RedisConnection::TakeHandshake(const RedisReply& reply) {
    Result<bool> done = handshake_.OnReply(reply);
    if (!done) {
        Lose(std::move(done.error()));
        return false;
    }
    if (*done) {
        phase_ = Phase::kUp;
        connect_timer_.cancel();
        events_.OnUp();
    }
    return true;
}

void RedisConnection::Write(std::vector<RedisCommand>& batch) {
    CHECK(!Writing() && phase_ != Phase::kClosed);
    if (batch.empty()) return;
    writing_.swap(batch);
    buffers_.clear();
    for (const RedisCommand& command : writing_) {
        buffers_.emplace_back(command.Bytes().data(), command.Bytes().size());
    }
    socket_.Write(buffers_, [self = shared_from_this()](boost::system::error_code error,
                                                        std::size_t) { self->OnWritten(error); });
}

void RedisConnection::OnWritten(boost::system::error_code error) {
    writing_.clear();
    if (phase_ == Phase::kClosed) return;
    if (error) return Lose(error.message());
    if (phase_ == Phase::kUp) events_.OnWritten();
}

void RedisConnection::Close() {
    phase_ = Phase::kClosed;
    connect_timer_.cancel();
    socket_.Close();
}

void RedisConnection::Lose(std::string_view why) {
    Lose(Error{.code = ErrorCode::kUnavailable,
               .operation = "redis connection",
               .applied = Applied::kNo,
               .retry_is_safe = true,
               .detail = std::string(why)});
}

void RedisConnection::Lose(Error reason) {
    Close();
    reason.detail = fmt::format("{}: {}", Describe(node_), reason.detail);
    events_.OnLost(reason);
}

}  // namespace coupon::redis
