#include "http/server.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <utility>

#include "common/check.h"
#include "common/limits.h"

namespace coupon::http {
namespace {

using ReusePort = boost::asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

std::unexpected<Error> Failed(ErrorCode code, std::string operation,
                              const boost::system::error_code& error) {
    return std::unexpected(
        Error{.code = code, .operation = std::move(operation), .detail = error.message()});
}

}  // namespace

Server::Server(ServerOptions options, HandlerFactory handler_factory)
    : options_(std::move(options)), handler_factory_(std::move(handler_factory)) {}

Server::~Server() {
    for (const auto& loop : loops_) loop->Stop();
    JoinLoops();
}

/// Asio throws when the kernel gives it no further descriptor.
Result<void> Server::MakeLoop(std::size_t index) {
    try {
        loops_.push_back(std::make_unique<EventLoop>(options_, shared_, index));
        return {};
    } catch (const boost::system::system_error& error) {
        return Failed(ErrorCode::kCannotCreate, "make an event loop", error.code());
    }
}

Result<void> Server::Start() {
    CHECK(loops_.empty());
    if (options_.threads == 0 || options_.threads > limits::kEventLoopsMax) {
        return std::unexpected(Error{
            .code = ErrorCode::kConfiguration,
            .operation = "listen",
            .detail =
                fmt::format("the number of threads must be from 1 to {}", limits::kEventLoopsMax),
            .field = "server.threads"});
    }
    port_ = options_.port;
    for (std::size_t index = 0; index < options_.threads; ++index) {
        auto listening = MakeLoop(index);
        if (listening) listening = Listen(*loops_.back());
        if (!listening) {
            loops_.clear();
            port_ = 0;
            return listening;
        }
    }
    for (const auto& loop : loops_) loop->SetHandler(handler_factory_(*loop));
    {
        const MutexLock lock(mutex_);
        loops_running_ = loops_.size();
    }
    for (const auto& loop : loops_) {
        threads_.emplace_back([this, &loop = *loop] {
            loop.Run();
            const MutexLock lock(mutex_);
            --loops_running_;
            loop_ended_.NotifyAll();
        });
    }
    return {};
}

Result<void> Server::Listen(EventLoop& loop) {
    boost::system::error_code error;
    const auto address = boost::asio::ip::make_address(options_.address, error);
    if (error) {
        std::unexpected<Error> failed =
            Failed(ErrorCode::kConfiguration, "listen on " + options_.address, error);
        failed.error().field = "server.address";
        return failed;
    }
    const EventLoop::Protocol::endpoint endpoint(address, port_);
    const std::string operation =
        "listen on " + options_.address + " port " + std::to_string(port_);
    EventLoop::Acceptor& acceptor = loop.Listener();
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(EventLoop::Acceptor::reuse_address(true), error);
    // With SO_REUSEPORT a second server on the port would silently take half of the connections. A
    // bind without it fails while anybody else holds the port, so that is tried first.
    if (!error && loop.Index() == 0 && port_ != 0) {
        EventLoop::Acceptor probe(loop.Executor());
        probe.open(endpoint.protocol(), error);
        probe.set_option(EventLoop::Acceptor::reuse_address(true), error);
        probe.bind(endpoint, error);
        boost::system::error_code ignored;
        probe.close(ignored);
    }
    if (!error) acceptor.set_option(ReusePort(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(limits::kBacklogConnections, error);
    if (error) return Failed(ErrorCode::kCannotCreate, operation, error);
    port_ = acceptor.local_endpoint(error).port();
    return {};
}

bool Server::WaitUntilLoopsEnded(std::chrono::milliseconds deadline) {
    const auto until = std::chrono::steady_clock::now() + deadline;
    const MutexLock lock(mutex_);
    while (loops_running_ != 0) {
        if (!loop_ended_.WaitUntil(mutex_, until)) return loops_running_ == 0;
    }
    return true;
}

bool Server::Drain(std::chrono::milliseconds deadline) {
    shared_.draining.store(true, std::memory_order_relaxed);
    for (const auto& loop : loops_) loop->Drain();
    if (!WaitUntilLoopsEnded(deadline)) {
        for (const auto& loop : loops_) loop->Stop();
    }
    JoinLoops();
    std::size_t cut = 0;
    for (const auto& loop : loops_) cut += loop->CutAll();
    return cut == 0;
}

void Server::JoinLoops() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
}

TransportTotals Server::Totals() const {
    TransportTotals totals;
    totals.connections_limit = options_.max_connections;
    for (const auto& loop : loops_) loop->Transport().AddTo(totals);
    return totals;
}

std::vector<RequestStatsRow> Server::CollectRequestStats() const {
    std::vector<const RequestStats*> stats;
    stats.reserve(loops_.size());
    for (const auto& loop : loops_) stats.push_back(&loop->Requests());
    return SumRequestStats(stats);
}

}  // namespace coupon::http
