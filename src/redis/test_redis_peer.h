#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redis/redis_reader.h"

namespace coupon::redis {

/// What the peer does about a command.
struct PeerAnswer {
    std::string bytes = {};  ///< sent as they are
    bool close = false;  ///< afterwards
};

/// A server that misbehaves as it is told, on the test's own event loop. It is a good Redis during
/// the handshake (CLIENT, INFO), unless it is silent; everything else is up to the test.
class TestRedisPeer {
public:
    using Tcp = boost::asio::ip::tcp;
    using Answer = std::function<PeerAnswer(const RedisReply& command)>;

    TestRedisPeer(boost::asio::io_context& io, Answer answer)
        : acceptor_(io, Tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)),
          answer_(std::move(answer)) {
        Accept();
    }

    /// Its connections are closed; handlers under way find it gone.
    ~TestRedisPeer() {
        for (const auto& client : clients_) client->socket.close();
    }
    TestRedisPeer(const TestRedisPeer&) = delete;
    TestRedisPeer& operator=(const TestRedisPeer&) = delete;

    std::uint16_t Port() const { return acceptor_.local_endpoint().port(); }
    /// Answers nothing at all from now on, the handshake included.
    void BeSilent() { silent_ = true; }
    /// Reads nothing more than it has.
    void StopReading() { reads_ = false; }
    /// To every connection, unasked.
    void Send(std::string_view bytes) {
        for (const auto& client : clients_) Write(*client, bytes);
    }
    std::size_t Accepted() const { return clients_.size(); }
    std::size_t Commands() const { return commands_; }

    static constexpr std::string_view kRunId = "0123456789012345678901234567890123456789";

private:
    struct Client {
        explicit Client(Tcp::socket&& accepted) : socket(std::move(accepted)) {}
        Tcp::socket socket;
        RedisReader reader;  // a command looks like an array of strings
        std::array<char, 16 * 1024> input{};
    };

    void Accept() {
        acceptor_.async_accept([this, alive = std::weak_ptr(alive_)](
                                   boost::system::error_code error, Tcp::socket socket) {
            if (error || alive.expired()) return;
            clients_.push_back(std::make_shared<Client>(std::move(socket)));
            Read(clients_.back());
            Accept();
        });
    }
    void Read(const std::shared_ptr<Client>& client) {
        client->socket.async_read_some(boost::asio::buffer(client->input),
                                       [this, client, alive = std::weak_ptr(alive_)](
                                           boost::system::error_code error, std::size_t bytes) {
                                           if (error || alive.expired() || !reads_) return;
                                           client->reader.Feed({client->input.data(), bytes});
                                           for (auto command = client->reader.Next();
                                                command && *command;
                                                command = client->reader.Next()) {
                                               if (!Take(*client, **command)) return;
                                           }
                                           Read(client);
                                       });
    }
    bool Take(Client& client, const RedisReply& command) {
        if (silent_) return true;
        PeerAnswer answer;
        if (command[0].Text() == "CLIENT") {
            answer.bytes = "+OK\r\n";
        } else if (command[0].Text() == "INFO") {
            answer.bytes = "$58\r\n# Server\r\nrun_id:" + std::string(kRunId) + "\r\n\r\n";
            answer.bytes.replace(1, 2, std::to_string(answer.bytes.size() - 7));
        } else {
            ++commands_;
            answer = answer_(command);
        }
        Write(client, answer.bytes);
        if (answer.close) client.socket.close();
        return !answer.close;
    }
    static void Write(Client& client, std::string_view bytes) {
        boost::system::error_code ignored;
        boost::asio::write(client.socket, boost::asio::buffer(bytes), ignored);
    }

    Tcp::acceptor acceptor_;
    Answer answer_;
    std::vector<std::shared_ptr<Client>> clients_;
    std::size_t commands_ = 0;
    bool silent_ = false;
    bool reads_ = true;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace coupon::redis
