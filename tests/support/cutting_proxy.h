#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace coupon::support {

/// A TCP proxy on 127.0.0.1 that loses an answer: it forwards one connection after the other, and
/// when a client has sent `word`, it cuts that connection at the moment that was asked for.
/// Afterwards it only forwards.
class CuttingProxy {
public:
    enum class Moment {
        kBeforeTheServer,  ///< the server never sees the word
        kAfterTheAnswer,   ///< the server has answered; the client does not see it
    };

    CuttingProxy(std::uint16_t server_port, std::string word, Moment moment);
    /// Closes what is open.
    ~CuttingProxy();
    CuttingProxy(const CuttingProxy&) = delete;
    CuttingProxy& operator=(const CuttingProxy&) = delete;

    std::uint16_t Port() const { return port_; }
    bool HasCut() const { return has_cut_.load(std::memory_order_acquire); }

private:
    void Serve();
    void Forward(int client, int server);
    bool Pass(int from, int to, bool from_client);

    const std::uint16_t server_port_;
    const std::string word_;
    const Moment moment_;
    int listener_ = -1;
    int stop_[2] = {-1, -1};  ///< a pipe that ends when the object does
    std::uint16_t port_ = 0;
    std::atomic<bool> has_cut_ = false;
    bool armed_ = true;    ///< the thread's own
    bool cut_next_ = false;  ///< the server's next answer is the one to lose
    std::thread thread_;
};

}  // namespace coupon::support
