#pragma once

#include <array>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/system/error_code.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"
#include "redis/redis_command.h"
#include "redis/redis_handshake.h"
#include "redis/redis_options.h"
#include "redis/redis_reader.h"
#include "redis/redis_socket.h"

namespace coupon::redis {

using RedisTimer =
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>,
                                      boost::asio::io_context::executor_type>;

/// What the connections of one owner share. `tls` is there for rediss:// only.
struct RedisSettings {
    RedisOptions options;
    std::optional<boost::asio::ssl::context> tls;
};

/// What happens to a connection; called on the io_context's thread, never from inside a call of
/// one's own. Each may close the connection.
class RedisEvents {
public:
    RedisEvents() = default;
    RedisEvents(const RedisEvents&) = delete;
    RedisEvents& operator=(const RedisEvents&) = delete;
    virtual ~RedisEvents() = default;

    /// Connected, and the handshake is done.
    virtual void OnUp() = 0;
    /// One reply, in the order in which they came.
    virtual void OnReply(RedisReply&& reply) = 0;
    /// What Write was given is written: it may be called again.
    virtual void OnWritten() = 0;
    /// The end, before OnUp (the attempt failed) or after it; nothing follows. Never after Close.
    virtual void OnLost(const Error& reason) = 0;
};

/// One connection to one node, from the look-up of its name to its end: it is not opened again.
/// Confined to the io_context's thread. Shared with its operations in flight, whose buffers it
/// owns.
class RedisConnection : public std::enable_shared_from_this<RedisConnection> {
public:
    /// To the first node of the URL. `io` must outlive it; `events` until Close or OnLost.
    RedisConnection(boost::asio::io_context& io, std::shared_ptr<RedisSettings> settings,
                    RedisEvents& events);

    /// Call once.
    void Open();
    /// Writes the commands, in one system call where the kernel takes them at once. Only when up
    /// and not Writing. Empties `batch`, keeps its memory.
    void Write(std::vector<RedisCommand>& batch);
    bool Writing() const { return !writing_.empty(); }
    /// No event follows.
    void Close();
    /// Of the Redis process at the other end; known once up.
    const std::string& RunId() const { return handshake_.RunId(); }

private:
    enum class Phase : std::uint8_t { kConnecting, kHandshake, kUp, kClosed };

    void OnConnected(boost::system::error_code error);
    void Read();
    void OnRead(boost::system::error_code error, std::size_t bytes);
    bool TakeReplies();
    bool TakeHandshake(const RedisReply& reply);
    void OnWritten(boost::system::error_code error);
    void Lose(std::string_view why);
    void Lose(Error reason);

    const std::shared_ptr<RedisSettings> settings_;
    const RedisNode& node_;  ///< of the settings
    RedisEvents& events_;
    RedisSocket socket_;
    RedisTimer connect_timer_;
    RedisHandshake handshake_;
    RedisReader reader_;
    Phase phase_ = Phase::kConnecting;
    std::array<char, 16 * 1024> input_{};
    std::vector<RedisCommand> writing_;  ///< not empty: a write is under way
    std::vector<boost::asio::const_buffer> buffers_;  ///< of writing_
};

}  // namespace coupon::redis
