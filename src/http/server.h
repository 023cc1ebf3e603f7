#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "common/error.h"
#include "common/mutex.h"
#include "http/event_loop.h"
#include "http/exchange.h"
#include "http/request_stats.h"
#include "http/server_options.h"
#include "http/transport_stats.h"

namespace coupon::http {

/// Makes the application behind one loop. Called in Server::Start, on its thread, before any loop
/// runs.
using HandlerFactory = std::function<std::unique_ptr<Handler>(EventLoop& loop)>;

/// The HTTP/1.x server: `threads` event loops, each with its own listening socket on the one port
/// (SO_REUSEPORT). Start, Drain and the destructor belong to one owning thread; everything else may
/// be called from any thread.
class Server {
public:
    Server(ServerOptions options, HandlerFactory handler_factory);
    /// Stops the loops at once when Drain was not called; handlers are destroyed on the caller's
    /// thread, after the loops' threads have ended.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    /// Binds every loop and starts the threads. Errors: kConfiguration (address, threads),
    /// kCannotCreate (port in use, no permission). Call once.
    Result<void> Start();

    /// The port that is listened on; 0 before Start.
    std::uint16_t Port() const { return port_; }

    /// Stops accepting, closes idle connections, answers what is in flight (every answer says
    /// `Connection: close`) and stops the loops when all is answered and written, or when
    /// `deadline` has passed. Call once, after Start. True when nothing was cut off.
    bool Drain(std::chrono::milliseconds deadline);
    /// True from Drain on.
    bool Draining() const { return shared_.draining.load(std::memory_order_relaxed); }

    std::size_t LoopCount() const { return loops_.size(); }
    /// 0 <= index < LoopCount().
    EventLoop& Loop(std::size_t index) { return *loops_[index]; }

    /// Connections and transport events, summed over the loops.
    TransportTotals Totals() const;
    /// Answers by (route, status) with their latencies, summed over the loops; rows without answers
    /// are left out.
    std::vector<RequestStatsRow> CollectRequestStats() const;

private:
    Result<void> MakeLoop(std::size_t index);
    Result<void> Listen(EventLoop& loop);
    bool WaitUntilLoopsEnded(std::chrono::milliseconds deadline);
    void JoinLoops();

    const ServerOptions options_;
    const HandlerFactory handler_factory_;
    SharedState shared_;
    std::uint16_t port_ = 0;
    std::vector<std::unique_ptr<EventLoop>> loops_;
    std::vector<std::thread> threads_;
    Mutex mutex_;
    CondVar loop_ended_;
    std::size_t loops_running_ GUARDED_BY(mutex_) = 0;
};

}  // namespace coupon::http
