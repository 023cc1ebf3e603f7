#include "load/sockets.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

namespace coupon::load {
namespace {

/// Standard streams, epoll, what the program around it has open.
constexpr std::size_t kOtherFiles = 64;

std::unexpected<Error> Unavailable(const Target& target, int number) {
    return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                 .operation = "connect to " + target.text,
                                 .retry_is_safe = true,
                                 .detail = std::strerror(number)});
}

void SetNoDelay(int fd) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

}  // namespace

Result<Target> ParseTarget(std::string_view text) {
    const auto bad = [&] {
        return InvalidArgument("target", "target: '" + std::string(text) +
                                             "' is no numeric ADDRESS:PORT (127.0.0.1:8080)");
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad();
    const std::string_view port_text = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] =
        std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (error != std::errc() || end != port_text.data() + port_text.size() || port == 0) {
        return bad();
    }
    std::string host(text.substr(0, colon));
    Target target{.text = std::string(text)};
    sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {}, .sin_zero = {}};
    if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
        std::memcpy(&target.address, &v4, sizeof(v4));
        target.address_bytes = sizeof(v4);
        return target;
    }
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        sockaddr_in6 v6{};
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
            std::memcpy(&target.address, &v6, sizeof(v6));
            target.address_bytes = sizeof(v6);
            return target;
        }
    }
    return bad();
}

Result<void> AllowSockets(std::size_t sockets) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t needed = sockets + kOtherFiles;
    if (limit.rlim_cur >= needed) return {};
    // The hard limit only rises for root, and then at most to fs.nr_open.
    const rlimit wanted{.rlim_cur = needed, .rlim_max = std::max(limit.rlim_max, needed)};
    if (::setrlimit(RLIMIT_NOFILE, &wanted) == 0) return {};
    return std::unexpected(
        Error{.code = ErrorCode::kConfiguration,
              .operation = "raise the limit of open files",
              .detail = std::to_string(sockets) + " connections need " + std::to_string(needed) +
                        " files, this process may have " + std::to_string(limit.rlim_cur) +
                        " and raise that to " + std::to_string(limit.rlim_max) +
                        " (ulimit -Hn): " + std::strerror(errno)});
}

Socket& Socket::operator=(Socket&& other) noexcept {
    if (this != &other) {
        Close();
        fd_ = other.Release();
    }
    return *this;
}

void Socket::Close() {
    if (fd_ >= 0) {
        ::close(fd_);
        fd_ = -1;
    }
}

int Socket::Release() { return std::exchange(fd_, -1); }

Result<Socket> ConnectNow(const Target& target, std::chrono::milliseconds timeout) {
    Socket socket(::socket(target.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket.Open()) return Unavailable(target, errno);
    // A blocking connect gives up after the send time-out.
    const timeval limit{.tv_sec = timeout.count() / 1000, .tv_usec = timeout.count() % 1000 * 1000};
    ::setsockopt(socket.Fd(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (::connect(socket.Fd(), reinterpret_cast<const sockaddr*>(&target.address),
                  target.address_bytes) != 0) {
        return Unavailable(target, errno == EINPROGRESS ? ETIMEDOUT : errno);
    }
    ::fcntl(socket.Fd(), F_SETFL, O_NONBLOCK);
    SetNoDelay(socket.Fd());
    return socket;
}

Result<Socket> BeginConnect(const Target& target) {
    Socket socket(
        ::socket(target.address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.Open()) return Unavailable(target, errno);
    SetNoDelay(socket.Fd());
    if (::connect(socket.Fd(), reinterpret_cast<const sockaddr*>(&target.address),
                  target.address_bytes) != 0 &&
        errno != EINPROGRESS) {
        return Unavailable(target, errno);
    }
    return socket;
}

bool ConnectFailed(const Socket& socket) {
    int error = 0;
    socklen_t bytes = sizeof(error);
    return ::getsockopt(socket.Fd(), SOL_SOCKET, SO_ERROR, &error, &bytes) != 0 || error != 0;
}

Result<IdleConnections> IdleConnections::OpenAll(const Target& target, std::size_t count,
                                                 std::chrono::milliseconds timeout) {
    IdleConnections idle;
    idle.sockets_.reserve(count);
    while (idle.sockets_.size() < count) {
        auto socket = ConnectNow(target, timeout);
        if (!socket) return std::unexpected(std::move(socket.error()));
        idle.sockets_.push_back(std::move(*socket));
    }
    return idle;
}

std::size_t IdleConnections::Lost() const {
    std::size_t lost = 0;
    for (const Socket& socket : sockets_) {
        char byte = 0;
        const ssize_t got = ::recv(socket.Fd(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        lost += got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK) ? 1 : 0;
    }
    return lost;
}

}  // namespace coupon::load
