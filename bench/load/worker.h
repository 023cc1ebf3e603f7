#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "load/lane.h"

namespace coupon::load {

/// One thread's share of a run: its connections, an epoll instance, the loop. A request costs one
/// send and one recv, and a part of an epoll_wait. Connect() and Run() may run on different
/// threads, one after the other.
class Worker {
public:
    /// `options` must outlive the worker. `number` of `options.threads`.
    Worker(const LoadOptions& options, std::size_t number);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Opens all its connections; blocks. Errors: kUnavailable.
    Result<void> Connect();
    /// Sends from `start_ns` (CLOCK_MONOTONIC) on until every class has ended and every request
    /// has.
    void Run(std::int64_t start_ns);

    // After Run.
    const std::vector<Lane>& Lanes() const { return lanes_; }
    const ThreadUse& Use() const { return use_; }

private:
    using State = Connection::State;

    bool Finished() const;
    void SendDue(Lane& lane);
    /// Sends the next request of the lane on a connection that was taken from the free ones.
    void SendNext(Lane& lane, std::uint32_t index, std::int64_t now_ns, std::int64_t lateness_ns);
    /// Counts what has waited for a connection for longer than the time-out as not sent.
    void GiveUpOverdue(Lane& lane, std::int64_t now_ns);
    /// Counts the lane's next request as one that found no connection in time.
    void GiveUpNext(Lane& lane, std::int64_t now_ns);

    void WaitForEvents(std::int64_t now_ns);
    std::int64_t NextWakeNs() const;
    void OnEvent(std::uint32_t index);
    void OnReadable(std::uint32_t index, Connection& connection);
    void OnAnswer(std::uint32_t index, Connection& connection);
    void Conclude(Connection& connection, Ending ending, std::int64_t now_ns);

    void Watch(std::uint32_t index, std::uint32_t events, int operation);
    /// Cuts the connection; a request on it ends as `ending`. It is opened again a little later.
    void Break(Connection& connection, Ending ending, std::int64_t now_ns);
    void Reopen(std::uint32_t index, Connection& connection, std::int64_t now_ns);
    /// Looks for requests and connection attempts out of time, and for connections to reopen.
    void Sweep(std::int64_t now_ns);

    const LoadOptions& options_;
    const std::size_t number_;
    const int epoll_;
    std::vector<Lane> lanes_;
    std::vector<Connection> connections_;
    Request request_;
    std::array<char, 16 * 1024> input_{};
    std::int64_t sweep_ns_ = 0;  ///< the next one
    ThreadUse use_;
};

/// CLOCK_MONOTONIC.
std::int64_t MonotonicNs();

}  // namespace coupon::load
