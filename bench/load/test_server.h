#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace coupon::load::testing {

/// A server of one thread that reads claims one after the other and does with each what it is told.
class TestServer {
public:
    /// What `answer` makes of a user's claim: a status, kSilence (never an answer) or kHangUp.
    static constexpr int kSilence = 0;
    static constexpr int kHangUp = -1;

    explicit TestServer(std::function<int(TestServer&, std::int64_t user)> answer)
        : answer_(std::move(answer)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t bytes = sizeof(address);
        EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), bytes), 0);
        EXPECT_EQ(::listen(listener_, 4096), 0);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &bytes);
        port_ = ntohs(address.sin_port);
        polled_ = {{.fd = stop_, .events = POLLIN, .revents = 0},
                   {.fd = listener_, .events = POLLIN, .revents = 0}};
        thread_ = std::jthread([this] { Serve(); });
    }
    ~TestServer() { Stop(); }
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    std::string Address() const { return "127.0.0.1:" + std::to_string(port_); }
    /// Closes everything.
    void Stop() {
        if (!thread_.joinable()) return;
        {
            const std::scoped_lock lock(mutex_);
            stopping_ = true;
        }
        stopped_.notify_all();
        ::eventfd_write(stop_, 1);
        thread_.join();
        for (const pollfd& one : polled_) ::close(one.fd);
    }
    /// From the answering function: the whole server stands still.
    void StandStill(std::chrono::milliseconds time) {
        std::unique_lock lock(mutex_);
        stopped_.wait_for(lock, time, [this] { return stopping_; });
    }

private:
    void Serve() {
        while (::poll(polled_.data(), polled_.size(), -1) >= 0 && polled_[0].revents == 0) {
            if (polled_[1].revents != 0) {
                polled_.push_back(
                    {.fd = ::accept(listener_, nullptr, nullptr), .events = POLLIN, .revents = 0});
            }
            for (std::size_t at = 2; at < polled_.size(); ++at) {
                if (polled_[at].revents != 0 && !Read(polled_[at].fd)) {
                    ::close(polled_[at].fd);
                    polled_[at].fd = -1;  // which poll() passes over
                }
            }
            std::erase_if(polled_, [](const pollfd& one) { return one.fd < 0; });
        }
    }
    /// False: the connection is at its end.
    bool Read(int fd) {
        char bytes[4096];
        const ssize_t got = ::recv(fd, bytes, sizeof(bytes), 0);
        if (got <= 0) return false;
        const std::string_view text(bytes, static_cast<std::size_t>(got));
        const auto body = text.find("{\"userId\":");  // a claim comes in one piece over loopback
        std::int64_t user = 0;
        std::from_chars(text.data() + body + 10, text.data() + text.size(), user);
        const int status = answer_(*this, user);
        if (status <= 0) return status == kSilence;
        const std::string content = "{\"sequence\":" + std::to_string(user + 1000) + "}";
        const std::string reply = "HTTP/1.1 " + std::to_string(status) +
                                  " X\r\nContent-Length: " + std::to_string(content.size()) +
                                  "\r\n\r\n" + content;
        return ::send(fd, reply.data(), reply.size(), MSG_NOSIGNAL) > 0;
    }

    std::function<int(TestServer&, std::int64_t)> answer_;
    const int listener_;
    const int stop_ = ::eventfd(0, EFD_CLOEXEC);
    std::uint16_t port_ = 0;
    std::vector<pollfd> polled_;
    std::mutex mutex_;
    std::condition_variable stopped_;
    bool stopping_ = false;
    std::jthread thread_;
};

}  // namespace coupon::load::testing
