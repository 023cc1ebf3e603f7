#include "http/event_loop.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include "common/check.h"
#include "common/limits.h"
#include "http/connection.h"

namespace coupon::http {

EventLoop::EventLoop(const ServerOptions& options, SharedState& shared, std::size_t index)
    : options_(options),
      shared_(shared),
      index_(index),
      request_stats_(options.route_count),
      mailbox_(std::make_shared<Mailbox>(io_)) {}

EventLoop::~EventLoop() {
    mailbox_->Close();
    slots_.clear();
    handler_.reset();  // before the executor that its sockets and timers use
}

void EventLoop::Run() {
    ArmSweep();
    Accept();
    io_.run();
}

void EventLoop::Stop() { io_.stop(); }

void EventLoop::Drain() {
    Post([this] { BeginDrain(); });
}

void EventLoop::Respond(ExchangeId id, Response&& response) {
    CHECK(id.slot < slots_.size());
    Slot& slot = slots_[id.slot];
    CHECK(slot.generation == id.generation && slot.connection != nullptr &&
          slot.connection->ExchangeOpen());
    slot.connection->Answer(std::move(response));
}

void EventLoop::TakePiece(ExchangeId id, bool ok, const std::string& piece) {
    Slot& slot = slots_[id.slot];
    if (slot.generation == id.generation && slot.connection != nullptr &&
        slot.connection->Streaming()) {
        slot.connection->TakePiece(ok, piece);
    }
}

void EventLoop::Accept() {
    acceptor_.async_accept(io_, [this](boost::system::error_code error, Socket socket) {
        if (!acceptor_.is_open() || error == boost::asio::error::operation_aborted) {
            return;  // draining
        }
        if (!error) {
            Admit(std::move(socket));
        } else if (error != boost::asio::error::connection_aborted) {
            // Out of descriptors or memory: what waits stays in the backlog until the next sweep.
            // Trying at once would spin.
            transport_stats_.Count(TransportEvent::kAcceptFailed);
            accept_backed_off_ = true;
            return;
        }
        Accept();
    });
}

void EventLoop::Admit(Socket&& socket) {
    boost::system::error_code error;
    socket.non_blocking(true, error);
    socket.set_option(Protocol::no_delay(true), error);
    if (error) {
        return;  // gone already
    }
    transport_stats_.Count(TransportEvent::kConnectionsAccepted);
    const bool admitted =
        shared_.connections.fetch_add(1, std::memory_order_relaxed) < options_.max_connections;
    if (!admitted) {
        shared_.connections.fetch_sub(1, std::memory_order_relaxed);
        if (beyond_capacity_ >= limits::kRefusedConnectionsPerLoopMax) {
            transport_stats_.Count(TransportEvent::kTooManyConnections);
            return;
        }
        ++beyond_capacity_;
    } else {
        transport_stats_.ConnectionOpened();
    }
    if (free_slots_.empty()) {
        free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const std::uint32_t index = free_slots_.back();
    free_slots_.pop_back();
    ++connections_;
    slots_[index].connection = std::make_unique<Connection>(*this, index, std::move(socket));
    Connection& connection = *slots_[index].connection;
    admitted ? connection.Start() : connection.RefuseForCapacity();
}

void EventLoop::OnClosed(const Connection& connection) {
    if (connection.BeyondCapacity()) {
        --beyond_capacity_;
        return;
    }
    shared_.connections.fetch_sub(1, std::memory_order_relaxed);
    transport_stats_.ConnectionClosed();
}

// The connection is on the stack of whoever calls this; it is freed from the loop.
void EventLoop::Release(std::uint32_t slot) {
    released_.push_back(slot);
    if (released_.size() == 1) boost::asio::post(io_, [this] { FreeReleased(); });
}

void EventLoop::FreeReleased() {
    for (const std::uint32_t slot : released_) {
        slots_[slot].connection.reset();
        ++slots_[slot].generation;  // pieces of its stream that are still on their way name nobody
        free_slots_.push_back(slot);
        --connections_;
    }
    released_.clear();
    FinishDrainIfEmpty();
}

void EventLoop::ArmSweep() {
    date_line_.Update(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    sweep_timer_.expires_after(options_.sweep_interval);
    sweep_timer_.async_wait([this](boost::system::error_code error) {
        if (!error) {
            Sweep();
            ArmSweep();
        }
    });
}

void EventLoop::Sweep() {
    const MonotonicTime now = std::chrono::steady_clock::now();
    for (const Slot& slot : slots_) {
        if (slot.connection != nullptr) slot.connection->CheckDeadline(now);
    }
    if (accept_backed_off_ && acceptor_.is_open()) {
        accept_backed_off_ = false;
        Accept();
    }
}

void EventLoop::BeginDrain() {
    AcceptRestOfBacklog();
    for (const Slot& slot : slots_) {
        if (slot.connection != nullptr) slot.connection->CloseIfIdle();
    }
    FinishDrainIfEmpty();
}

// Closing a listening socket resets the connections in its backlog, whose requests may have been
// sent.
void EventLoop::AcceptRestOfBacklog() {
    boost::system::error_code error;
    acceptor_.non_blocking(true, error);
    while (!error) {
        Socket socket(io_);
        acceptor_.accept(socket, error);
        if (!error) Admit(std::move(socket));
    }
    acceptor_.close(error);
}

void EventLoop::FinishDrainIfEmpty() {
    if (Draining() && !acceptor_.is_open() && connections_ == 0) io_.stop();
}

std::size_t EventLoop::CutAll() {
    std::size_t cut = 0;
    for (const Slot& slot : slots_) {
        if (slot.connection == nullptr) continue;
        if (slot.connection->InFlight()) {
            ++cut;
            transport_stats_.Count(TransportEvent::kDrainCut);
        }
        slot.connection->Close();
    }
    return cut;
}

void EventLoop::FlushRecords() {
    if (records_.empty()) return;
    const MonotonicTime now = std::chrono::steady_clock::now();
    for (const Record& record : records_) {
        request_stats_.Record(record.route, record.status, now - record.received_at);
    }
    records_.clear();
}

}  // namespace coupon::http
