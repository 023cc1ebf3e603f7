#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coupon::http {

/// One parsed answer.
struct Answer {
    int status = 0;  ///< 0 = the connection ended before an answer
    std::string header;
    std::string body;
    bool Says(std::string_view line) const { return header.find(line) != std::string::npos; }
};

/// A blocking client socket for tests; no call waits longer than ten seconds.
class TestClient {
public:
    explicit TestClient(std::uint16_t port, int receive_buffer_bytes = 0)
        : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
        if (receive_buffer_bytes != 0) {
            ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                         sizeof receive_buffer_bytes);
        }
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    }
    ~TestClient() { Close(); }
    TestClient(TestClient&& other) noexcept
        : fd_(std::exchange(other.fd_, -1)),
          connected_(other.connected_),
          read_(std::move(other.read_)) {}
    TestClient(const TestClient&) = delete;
    TestClient& operator=(const TestClient&) = delete;

    bool Connected() const { return connected_; }
    bool Send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// False at the end of the connection, a reset or after ten seconds.
    bool ReadMore() {
        pollfd wait{fd_, POLLIN, 0};
        char chunk[16 * 1024];
        if (::poll(&wait, 1, 10'000) <= 0) {
            timed_out_ = true;
            return false;
        }
        const ssize_t got = ::recv(fd_, chunk, sizeof chunk, 0);
        reset_ = got < 0;
        if (got > 0) read_.append(chunk, static_cast<std::size_t>(got));
        return got > 0;
    }
    /// Whether something can be read, or the end, within `milliseconds`.
    bool WaitReadable(int milliseconds) {
        pollfd wait{fd_, POLLIN, 0};
        return ::poll(&wait, 1, milliseconds) > 0;
    }
    /// The next answer, framed by Content-Length, or without a body.
    Answer ReadAnswer(bool head = false) {
        Answer answer;
        std::size_t end = 0;
        while ((end = read_.find("\r\n\r\n")) == std::string::npos) {
            if (!ReadMore()) return answer;
        }
        answer.header = read_.substr(0, end + 4);
        const std::size_t length_at = answer.header.find("Content-Length: ");
        const std::size_t length =
            head || length_at == std::string::npos
                ? 0
                : std::strtoul(answer.header.c_str() + length_at + 16, nullptr, 10);
        while (read_.size() < end + 4 + length) {
            if (!ReadMore()) return answer;
        }
        answer.status = std::atoi(answer.header.c_str() + 9);
        answer.body = read_.substr(end + 4, length);
        read_.erase(0, end + 4 + length);
        return answer;
    }
    /// Everything up to the end of the connection.
    std::string ReadToEnd() {
        while (ReadMore()) {
        }
        return std::exchange(read_, {});
    }
    /// The server has closed and sent nothing more.
    bool AtEnd() { return read_.empty() && !ReadMore() && !timed_out_ && read_.empty(); }
    bool WasReset() const { return reset_; }
    void FinishSending() { ::shutdown(fd_, SHUT_WR); }
    void Close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }

private:
    int fd_;
    bool connected_ = false;
    bool timed_out_ = false;
    bool reset_ = false;
    std::string read_;
};

}  // namespace coupon::http
