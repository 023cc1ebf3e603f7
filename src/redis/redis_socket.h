#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/error.h"
#include "redis/redis_options.h"

namespace coupon::redis {

/// What TLS connections share: the authorities, and whether the peer must prove itself. TLS 1.2 or
/// later. Errors: kConfiguration, the authorities cannot be read.
Result<boost::asio::ssl::context> MakeTlsContext(const RedisOptions& options);

/// A TCP connection, with TLS or without. Confined to the io_context's thread. The owner keeps it
/// until every handler has been called; Close makes that happen soon.
class RedisSocket {
public:
    using Executor = boost::asio::io_context::executor_type;
    using Protocol = boost::asio::ip::tcp;
    using ErrorCode = boost::system::error_code;

    /// `tls` is null without TLS; else it must outlive the socket.
    RedisSocket(boost::asio::io_context& io, boost::asio::ssl::context* tls)
        : tcp_(io), names_(io) {
        if (tls != nullptr) tls_.emplace(tcp_, *tls);
    }

    /// Looks the name up, connects to the first of its addresses that answers and, with TLS, shakes
    /// hands. `handler(ErrorCode)`.
    template <class Handler>
    void Connect(const RedisNode& node, bool verify_peer, Handler handler);
    /// `handler(ErrorCode, std::size_t bytes)`, as soon as there are some.
    template <class Handler>
    void ReadSome(boost::asio::mutable_buffer room, Handler handler) {
        tls_ ? tls_->async_read_some(room, std::move(handler))
             : tcp_.async_read_some(room, std::move(handler));
    }
    /// Everything; `buffers` is kept by the caller. `handler(ErrorCode, std::size_t bytes)`.
    template <class Handler>
    void Write(const std::vector<boost::asio::const_buffer>& buffers, Handler handler) {
        tls_ ? boost::asio::async_write(*tls_, buffers, std::move(handler))
             : boost::asio::async_write(tcp_, buffers, std::move(handler));
    }
    /// At once, without TLS's farewell: Redis needs none.
    void Close() {
        ErrorCode ignored;
        closed_ = true;
        names_.cancel();
        tcp_.close(ignored);
    }

private:
    using Tcp = boost::asio::basic_stream_socket<Protocol, Executor>;

    /// For the host's name in the certificate and in the first message (SNI).
    ErrorCode PrepareTls(const RedisNode& node, bool verify_peer);
    /// A step may have ended well and its handler waited while Close was called.
    ErrorCode OrClosed(ErrorCode error) const {
        return closed_ ? boost::asio::error::operation_aborted : error;
    }

    Tcp tcp_;
    std::optional<boost::asio::ssl::stream<Tcp&>> tls_;
    boost::asio::ip::basic_resolver<Protocol, Executor> names_;
    bool closed_ = false;
};

template <class Handler>
void RedisSocket::Connect(const RedisNode& node, bool verify_peer, Handler handler) {
    if (tls_) {
        if (const ErrorCode error = PrepareTls(node, verify_peer)) return handler(error);
    }
    auto on_connected = [this, handler](ErrorCode error, const Protocol::endpoint&) mutable {
        if (error = OrClosed(error); error) return handler(error);
        tcp_.set_option(Protocol::no_delay(true), error);
        if (error || !tls_) return handler(error);
        tls_->async_handshake(boost::asio::ssl::stream_base::client, std::move(handler));
    };
    auto on_resolved = [this, handler, on_connected](
                           ErrorCode error, const Protocol::resolver::results_type& found) mutable {
        if (error = OrClosed(error); error) return handler(error);
        boost::asio::async_connect(tcp_, found, std::move(on_connected));
    };
    names_.async_resolve(node.host, std::to_string(node.port), std::move(on_resolved));
}

}  // namespace coupon::redis
