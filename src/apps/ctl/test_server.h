#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace coupon::ctl {

/// For tests: a real socket server that answers each connection with the next of its scripted
/// texts, byte for byte. The last one is used again and again.
class TestServer {
public:
    enum class Then {
        kClose,  ///< the connection is closed after the text
        kHold,  ///< it stays open and silent until the server goes
    };
    struct Reply {
        std::string bytes;
        Then then = Then::kClose;
    };

    explicit TestServer(std::vector<Reply> replies)
        : replies_(std::move(replies)),
          acceptor_(io_, {boost::asio::ip::address_v4::loopback(), 0}),
          thread_([this] { Serve(); }) {}

    ~TestServer() {
        stopping_ = true;
        boost::system::error_code ignored;
        Socket wake(io_);  // accept() wakes for a connection only
        wake.connect(acceptor_.local_endpoint(), ignored);
        thread_.join();
    }
    TestServer(const TestServer&) = delete;
    TestServer& operator=(const TestServer&) = delete;

    std::uint16_t Port() const { return acceptor_.local_endpoint().port(); }
    std::string Url() const { return "http://127.0.0.1:" + std::to_string(Port()); }

    /// Every request so far: head and, as far as it came with the head or has a length, its body.
    std::vector<std::string> Requests() const {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

private:
    using Socket = boost::asio::ip::tcp::socket;

    void Serve() {
        for (std::size_t served = 0;; ++served) {
            Socket socket(io_);
            boost::system::error_code error;
            acceptor_.accept(socket, error);
            if (stopping_ || error) return;
            {
                std::string request = ReadRequest(socket);
                const std::lock_guard lock(mutex_);
                requests_.push_back(std::move(request));
            }
            const Reply& reply = replies_[std::min(served, replies_.size() - 1)];
            boost::asio::write(socket, boost::asio::buffer(reply.bytes), error);
            if (reply.then == Then::kHold) held_.push_back(std::move(socket));
        }
    }

    static std::string ReadRequest(Socket& socket) {
        std::string text;
        boost::system::error_code error;
        const std::size_t head =
            boost::asio::read_until(socket, boost::asio::dynamic_buffer(text), "\r\n\r\n", error);
        const std::size_t field = text.find("Content-Length: ");
        if (error || field == std::string::npos) return text;
        const std::size_t wanted = head + std::stoul(text.substr(field + 16));
        if (text.size() < wanted) {
            boost::asio::read(socket, boost::asio::dynamic_buffer(text),
                              boost::asio::transfer_exactly(wanted - text.size()), error);
        }
        return text;
    }

    const std::vector<Reply> replies_;
    std::atomic<bool> stopping_{false};  // seq_cst: nothing here is hot
    mutable std::mutex mutex_;
    std::vector<std::string> requests_;  // guarded by mutex_
    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::list<Socket> held_;  // the serving thread's
    std::thread thread_;
};

/// A whole answer with its length, for TestServer.
inline TestServer::Reply JsonReply(int status, const std::string& body,
                                   const std::string& fields = {}) {
    return {"HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: application/json\r\n" +
            fields + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body};
}

/// A problem document as the service sends it, for TestServer.
inline TestServer::Reply ProblemReply(int status, const std::string& code,
                                      const std::string& more_members = {}) {
    return JsonReply(status, R"({"title":"T","status":)" + std::to_string(status) +
                                 R"(,"detail":"Why it is so.","code":")" + code + '"' +
                                 more_members + '}');
}

}  // namespace coupon::ctl
