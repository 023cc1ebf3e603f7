#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/clock.h"
#include "http/exchange.h"
#include "http/mailbox.h"
#include "http/request_stats.h"
#include "http/response_writer.h"
#include "http/server_options.h"
#include "http/spare_buffers.h"
#include "http/transport_stats.h"

namespace coupon::http {

class Connection;

/// What the loops of one server share. Relaxed: each number stands for itself.
struct SharedState {
    std::atomic<std::size_t> connections{0};  ///< admitted below max_connections, over all loops
    std::atomic<bool> draining{false};
};

/// One thread's share of the server: a listening socket, its connections and the handler behind
/// them. What a handler uses: Respond, Post, Executor, Index. Confined to the loop's thread except
/// where it says otherwise.
class EventLoop {
public:
    using ExecutorType = boost::asio::io_context::executor_type;
    using Protocol = boost::asio::ip::tcp;
    using Socket = boost::asio::basic_stream_socket<Protocol, ExecutorType>;
    using Acceptor = boost::asio::basic_socket_acceptor<Protocol, ExecutorType>;
    using Timer =
        boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                          boost::asio::wait_traits<std::chrono::steady_clock>,
                                          ExecutorType>;

    EventLoop(const ServerOptions& options, SharedState& shared, std::size_t index);
    ~EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    // --- For handlers

    /// Answers an exchange, exactly once. Body and headers are copied before it returns. Inside
    /// OnRequest the answer is gathered with those of the requests that follow in the same read;
    /// later it is written at once. A client that has gone is no error. A second answer, or one to
    /// an id that was never given, ends the process (CHECK).
    void Respond(ExchangeId id, Response&& response);
    /// Runs `task` on this loop soon, in the order of the calls. Any thread; wakes the loop once
    /// for many tasks. After the loop has ended tasks are dropped unrun. `task` must not throw.
    void Post(std::function<void()> task) { mailbox_->Post(std::move(task)); }
    /// For a handler's own sockets and timers. Any thread may take it.
    ExecutorType Executor() { return io_.get_executor(); }
    /// 0 to threads - 1.
    std::size_t Index() const { return index_; }
    /// Any thread.
    bool Draining() const { return shared_.draining.load(std::memory_order_relaxed); }

    // --- For the server (owning thread while the loop does not run, except Run and Post)

    void SetHandler(std::unique_ptr<Handler> handler) { handler_ = std::move(handler); }
    /// Where Run accepts; the server opens and binds it.
    Acceptor& Listener() { return acceptor_; }
    /// Until Stop, or until a drain has answered everything. The loop's thread.
    void Run();
    /// Stops accepting and closes idle connections; Run returns when the rest is answered. Any
    /// thread.
    void Drain();
    /// Ends Run at once. Any thread.
    void Stop();
    /// Closes what is open after Run has ended; the number of connections that were cut with
    /// something in flight.
    std::size_t CutAll();
    const TransportStats& Transport() const { return transport_stats_; }
    const RequestStats& Requests() const { return request_stats_; }

private:
    friend class Connection;

    void Accept();
    void Admit(Socket&& socket);
    void AcceptRestOfBacklog();
    void ArmSweep();
    void Sweep();
    void BeginDrain();
    void FreeReleased();
    void FinishDrainIfEmpty();

    // --- For Connection
    void FlushRecords();
    void TakePiece(ExchangeId id, bool ok, const std::string& piece);
    void OnClosed(const Connection& connection);
    void Release(std::uint32_t slot);

    struct Slot {
        std::unique_ptr<Connection> connection;
        std::uint32_t generation = 0;
    };
    struct Record {
        std::uint16_t route = 0;
        int status = 0;
        MonotonicTime received_at;
    };

    const ServerOptions& options_;
    SharedState& shared_;
    const std::size_t index_;
    TransportStats transport_stats_;
    RequestStats request_stats_;
    boost::asio::io_context io_{1};
    std::shared_ptr<Mailbox> mailbox_;
    DateLine date_line_;
    Acceptor acceptor_{io_};
    Timer sweep_timer_{io_};
    std::unique_ptr<Handler> handler_;
    std::vector<Slot> slots_;
    std::vector<std::uint32_t> free_slots_;
    SpareBuffers spare_buffers_;
    std::vector<Record> records_;
    /// Slots whose connection is freed once nobody is inside it.
    std::vector<std::uint32_t> released_;
    std::size_t connections_ = 0;  ///< slots in use
    std::size_t beyond_capacity_ = 0;  ///< of these, refused ones
    bool accept_backed_off_ = false;
};

}  // namespace coupon::http
