#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"

namespace coupon::load {

/// Where the load goes.
struct Target {
    sockaddr_storage address{};
    socklen_t address_bytes = 0;
    std::string text = {};  ///< as given: "127.0.0.1:8080"
};

/// "127.0.0.1:8080", "[::1]:8080". Numeric only: nothing is looked up, so no traffic goes elsewhere
/// by mistake. Errors: kInvalidArgument, field "target".
Result<Target> ParseTarget(std::string_view text);

/// Makes sure that this process may have `sockets` sockets beside what it has open, by raising its
/// limit if need be. Errors: kConfiguration, with both limits. Changes the process: call it from
/// main, or before threads exist.
Result<void> AllowSockets(std::size_t sockets);

/// A file descriptor of a socket, closed with it.
class Socket {
public:
    Socket() = default;
    explicit Socket(int fd) : fd_(fd) {}
    Socket(Socket&& other) noexcept : fd_(other.Release()) {}
    Socket& operator=(Socket&& other) noexcept;
    ~Socket() { Close(); }

    int Fd() const { return fd_; }
    bool Open() const { return fd_ >= 0; }
    void Close();

private:
    int Release();

    int fd_ = -1;
};

/// Connected, then switched to not blocking, TCP_NODELAY. Blocks up to `timeout`. Errors:
/// kUnavailable.
Result<Socket> ConnectNow(const Target& target, std::chrono::milliseconds timeout);
/// Begins to connect without blocking: writable once decided, ConnectFailed then tells.
Result<Socket> BeginConnect(const Target& target);
bool ConnectFailed(const Socket& socket);

/// Connections that send nothing, as of people who wait for the opening. Confined to one thread.
class IdleConnections {
public:
    /// Opens `count`. Errors: kUnavailable as soon as one fails.
    static Result<IdleConnections> OpenAll(const Target& target, std::size_t count,
                                           std::chrono::milliseconds timeout);

    std::size_t Count() const { return sockets_.size(); }
    /// How many the server has closed, or sent something unasked.
    std::size_t Lost() const;

private:
    std::vector<Socket> sockets_;
};

}  // namespace coupon::load
