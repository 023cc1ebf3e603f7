#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "load/load_options.h"
#include "load/load_result.h"
#include "load/response_scanner.h"

namespace coupon::load {

/// One connection of a worker and the request under way on it. At most one: a person does not
/// pipeline.
struct Connection {
    enum class State : std::uint8_t { kDown, kConnecting, kFree, kBusy };

    Socket socket;
    ResponseScanner scanner;
    std::uint32_t lane = 0;
    State state = State::kDown;
    bool queued = false;          ///< has an entry in its lane's queue of free ones
    std::int64_t since_ns = 0;  ///< of this state; kBusy: the actual send; kDown: when to retry
    std::int64_t intended_ns = 0;
    CouponId coupon;
    UserId user;
};

/// A class of requests as one thread sees it: what is due next, which connections are free, what
/// has been counted. The queue of requests that wait for a connection needs no memory: they are the
/// schedule's next ones, whose time is past. Does no I/O and reads no clock. One thread.
class Lane {
public:
    /// Request numbers `worker`, `worker + workers`, ... of the class. Times count from `start_ns`.
    Lane(const ClassOptions& options, std::size_t worker, std::size_t workers,
         std::size_t connections);

    void Start(std::int64_t start_ns);

    // --- What to send
    /// Whether a request should leave now, connections or not. Ends a closed loop whose time is
    /// over.
    bool Due(std::int64_t now_ns);
    bool Sending() const { return sending_; }
    /// When the next request should leave; only while Sending(). Closed loop: the start.
    std::int64_t NextNs() const { return next_ns_; }
    std::uint64_t Number() const { return cursor_ ? cursor_->Index() : number_; }
    /// Goes on to the next request, or stops sending after the last.
    void Advance();
    /// The source has no further request.
    void StopSending() { sending_ = false; }
    bool OpenLoop() const { return cursor_.has_value(); }
    bool Finished() const { return !sending_ && in_flight_ == 0; }
    const RequestSource& Source() const { return *options_.source; }
    bool WantsSequence() const { return options_.wants_sequence; }

    // --- Free connections; the one that is free for longest goes first, so that all are used
    void BecameFree(std::uint32_t index, Connection& connection, std::int64_t now_ns);
    /// The connection is free no more for another reason than TakeFree.
    void FreeOneLost() { --free_; }
    std::optional<std::uint32_t> TakeFree(std::vector<Connection>& connections);
    std::size_t Free() const { return free_; }
    /// Since when at least one connection has been free without a break; only if Free() > 0.
    std::int64_t FreeSinceNs() const { return free_since_ns_; }

    // --- Counting
    void Sent(std::int64_t lateness_ns) {
        ++in_flight_;
        result_.lateness.Record(lateness_ns);
    }
    /// Of a request that was sent, whatever its ending.
    void Ended() { --in_flight_; }
    void Count(const Exchange& exchange);
    void CountReconnect() { ++result_.reconnects; }
    const ClassResult& Result() const { return result_; }

private:
    const ClassOptions& options_;
    std::optional<Schedule::Cursor> cursor_;  ///< open loop
    std::uint64_t number_;  ///< closed loop
    std::uint64_t step_;
    std::int64_t start_ns_ = 0;
    std::int64_t next_ns_ = 0;
    bool sending_ = true;
    std::uint64_t in_flight_ = 0;

    std::vector<std::uint32_t> free_ring_;
    std::size_t ring_head_ = 0;
    std::size_t ring_size_ = 0;
    std::size_t free_ = 0;
    std::int64_t free_since_ns_ = 0;

    ClassResult result_;
};

}  // namespace coupon::load
