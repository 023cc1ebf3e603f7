#include "tests/support/cutting_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string_view>
#include <utility>

#include "common/check.h"

namespace coupon::support {
namespace {

sockaddr_in Loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int Socket() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(socket >= 0);
    return socket;
}

bool SendAll(int to, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

}  // namespace

CuttingProxy::CuttingProxy(std::uint16_t server_port, std::string word, Moment moment)
    : server_port_(server_port), word_(std::move(word)), moment_(moment), listener_(Socket()) {
    sockaddr_in address = Loopback(0);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    CHECK(::bind(listener_, generic, size) == 0 && ::listen(listener_, 16) == 0);
    CHECK(::getsockname(listener_, generic, &size) == 0);
    CHECK(::pipe(stop_) == 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
}

CuttingProxy::~CuttingProxy() {
    ::close(stop_[1]);
    thread_.join();
    ::close(stop_[0]);
    ::close(listener_);
}

void CuttingProxy::Serve() {
    while (true) {
        std::array<pollfd, 2> waits = {pollfd{listener_, POLLIN, 0}, pollfd{stop_[0], POLLIN, 0}};
        ::poll(waits.data(), waits.size(), -1);
        if (waits[1].revents != 0) return;
        const int client = ::accept(listener_, nullptr, nullptr);
        const int server = Socket();
        const sockaddr_in address = Loopback(server_port_);
        if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
            Forward(client, server);
        }
        ::close(client);
        ::close(server);
    }
}

void CuttingProxy::Forward(int client, int server) {
    while (true) {
        std::array<pollfd, 3> waits = {pollfd{client, POLLIN, 0}, pollfd{server, POLLIN, 0},
                                       pollfd{stop_[0], POLLIN, 0}};
        ::poll(waits.data(), waits.size(), -1);
        if (waits[2].revents != 0) return;
        if (waits[0].revents != 0 && !Pass(client, server, true)) return;
        if (waits[1].revents != 0 && !Pass(server, client, false)) return;
    }
}

/// False: the connection is over.
bool CuttingProxy::Pass(int from, int to, bool from_client) {
    std::array<char, 64 * 1024> chunk;
    const ssize_t size = ::recv(from, chunk.data(), chunk.size(), 0);
    if (size <= 0) return false;
    const std::string_view bytes(chunk.data(), static_cast<std::size_t>(size));
    bool cut = !from_client && std::exchange(cut_next_, false);
    if (from_client && armed_ && bytes.find(word_) != std::string_view::npos) {
        armed_ = false;
        cut = moment_ == Moment::kBeforeTheServer;
        cut_next_ = !cut;
    }
    if (cut) has_cut_.store(true, std::memory_order_release);  // partner: HasCut
    return !cut && SendAll(to, bytes);
}

}  // namespace coupon::support
