// What a worker does with one connection: send, read, conclude, break, reopen.

#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <string_view>

#include "common/check.h"
#include "load/worker.h"

namespace coupon::load {
namespace {

/// Before a lost connection is opened again: a server that refuses is not run over.
constexpr std::int64_t kReopenAfterNs = 10'000'000;

}  // namespace

void Worker::SendNext(Lane& lane, std::uint32_t index, std::int64_t now_ns,
                      std::int64_t lateness_ns) {
    Connection& connection = connections_[index];
    if (!lane.Source().Make(lane.Number(), request_)) {
        lane.StopSending();
        lane.BecameFree(index, connection, now_ns);
        return;
    }
    DCHECK(request_.bytes.size() <= kRequestBytesMax);
    connection.intended_ns = lane.OpenLoop() ? lane.NextNs() : now_ns;
    connection.since_ns = now_ns;
    connection.coupon = request_.coupon;
    connection.user = request_.user;
    lane.Advance();
    const ssize_t sent = ::send(connection.socket.Fd(), request_.bytes.data(),
                                request_.bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    connection.state = State::kBusy;
    lane.Sent(lateness_ns);
    // All that was sent before is answered, so the kernel has room for all of it or is out of
    // memory; a part of a request may or may not reach the server.
    if (sent != static_cast<ssize_t>(request_.bytes.size())) {
        Break(connection, sent > 0 ? Ending::kLost : Ending::kNotSent, MonotonicNs());
    }
}

void Worker::GiveUpOverdue(Lane& lane, std::int64_t now_ns) {
    const std::int64_t bound_ns = now_ns - options_.timeout.count();
    while (lane.Due(now_ns) && lane.NextNs() < bound_ns) GiveUpNext(lane, now_ns);
}

void Worker::GiveUpNext(Lane& lane, std::int64_t now_ns) {
    if (!lane.Source().Make(lane.Number(), request_)) {
        lane.StopSending();
        return;
    }
    const Exchange exchange{.class_index = static_cast<std::size_t>(&lane - lanes_.data()),
                            .user = request_.user,
                            .coupon = request_.coupon,
                            .intended_ns = lane.NextNs(),
                            .completed_ns = now_ns,
                            .ending = Ending::kNotSent,
                            .sequence = {}};
    lane.Count(exchange);
    if (options_.observer != nullptr) options_.observer->OnExchange(number_, exchange);
    lane.Advance();
}

void Worker::OnEvent(std::uint32_t index) {
    Connection& connection = connections_[index];
    switch (connection.state) {
        case State::kDown: break;
        case State::kConnecting: {
            const std::int64_t now_ns = MonotonicNs();
            if (ConnectFailed(connection.socket)) {
                Break(connection, Ending::kLost, now_ns);
                break;
            }
            Watch(index, EPOLLIN, EPOLL_CTL_MOD);
            lanes_[connection.lane].CountReconnect();
            lanes_[connection.lane].BecameFree(index, connection, now_ns);
            break;
        }
        case State::kFree:
        case State::kBusy: OnReadable(index, connection); break;
    }
}

void Worker::OnReadable(std::uint32_t index, Connection& connection) {
    const ssize_t got = ::recv(connection.socket.Fd(), input_.data(), input_.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0 || connection.state == State::kFree) {  // the end, or bytes nobody asked for
        Break(connection, Ending::kLost, MonotonicNs());
        return;
    }
    const auto bytes = static_cast<std::size_t>(got);
    const auto step = connection.scanner.Feed(std::string_view(input_.data(), bytes));
    if (step.state == ResponseScanner::State::kNeedsMore) return;
    if (step.state == ResponseScanner::State::kMalformed || step.consumed < bytes) {
        Break(connection, Ending::kLost, MonotonicNs());
        return;
    }
    OnAnswer(index, connection);
}

void Worker::OnAnswer(std::uint32_t index, Connection& connection) {
    Lane& lane = lanes_[connection.lane];
    const std::int64_t now_ns = MonotonicNs();
    Conclude(connection, Ending::kAnswered, now_ns);
    if (connection.scanner.Response().close) {
        connection.state = State::kConnecting;  // neither busy nor counted as free
        Break(connection, Ending::kLost, now_ns);
        return;
    }
    // With others free, the one that is free for longest goes first. With none, this one is what a
    // waiting request (or the closed loop's next) has waited for: no lateness.
    if (lane.Free() == 0 && lane.Due(now_ns)) {
        SendNext(lane, index, now_ns, 0);
    } else {
        lane.BecameFree(index, connection, now_ns);
    }
}

void Worker::Conclude(Connection& connection, Ending ending, std::int64_t now_ns) {
    Lane& lane = lanes_[connection.lane];
    const bool answered = ending == Ending::kAnswered;
    const Exchange exchange{
        .class_index = connection.lane,
        .user = connection.user,
        .coupon = connection.coupon,
        .intended_ns = connection.intended_ns,
        .sent_ns = ending == Ending::kNotSent ? 0 : connection.since_ns,
        .completed_ns = now_ns,
        .ending = ending,
        .status = answered ? connection.scanner.Response().status : 0,
        .sequence = Sequence(answered ? connection.scanner.Response().sequence : 0)};
    lane.Ended();
    lane.Count(exchange);
    if (options_.observer != nullptr) options_.observer->OnExchange(number_, exchange);
}

void Worker::Watch(std::uint32_t index, std::uint32_t events, int operation) {
    epoll_event event{.events = events, .data = {.u32 = index}};
    CHECK(::epoll_ctl(epoll_, operation, connections_[index].socket.Fd(), &event) == 0);
}

void Worker::Break(Connection& connection, Ending ending, std::int64_t now_ns) {
    if (connection.state == State::kBusy) {
        Conclude(connection, ending, now_ns);
    } else if (connection.state == State::kFree) {
        lanes_[connection.lane].FreeOneLost();
    }
    connection.socket.Close();  // which ends its watch, too
    connection.scanner.Reset();
    connection.state = State::kDown;
    connection.since_ns = now_ns + kReopenAfterNs;
}

void Worker::Reopen(std::uint32_t index, Connection& connection, std::int64_t now_ns) {
    auto socket = BeginConnect(options_.target);
    if (!socket) {
        connection.since_ns = now_ns + kReopenAfterNs;
        return;
    }
    connection.socket = std::move(*socket);
    connection.state = State::kConnecting;
    connection.since_ns = now_ns;
    Watch(index, EPOLLOUT, EPOLL_CTL_ADD);
}

}  // namespace coupon::load
