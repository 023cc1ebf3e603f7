#include "load/lane.h"

#include "common/check.h"

namespace coupon::load {

Lane::Lane(const ClassOptions& options, std::size_t worker, std::size_t workers,
           std::size_t connections)
    : options_(options), number_(worker), step_(workers), free_ring_(connections) {
    if (options_.schedule) cursor_.emplace(*options_.schedule, worker, workers);
    result_.name = options_.name;
    result_.open_loop = OpenLoop();
}

void Lane::Start(std::int64_t start_ns) {
    start_ns_ = start_ns;
    next_ns_ = start_ns;
    if (cursor_) {
        sending_ = !cursor_->AtEnd();
        next_ns_ += sending_ ? cursor_->Nanoseconds() : 0;
    }
}

bool Lane::Due(std::int64_t now_ns) {
    if (!cursor_ && now_ns >= start_ns_ + options_.closed_duration.count()) sending_ = false;
    return sending_ && now_ns >= next_ns_;
}

void Lane::Advance() {
    if (!cursor_) {
        number_ += step_;
        return;
    }
    cursor_->Advance();
    if (cursor_->AtEnd()) {
        sending_ = false;
    } else {
        next_ns_ = start_ns_ + cursor_->Nanoseconds();
    }
}

void Lane::BecameFree(std::uint32_t index, Connection& connection, std::int64_t now_ns) {
    connection.state = Connection::State::kFree;
    if (free_++ == 0) free_since_ns_ = now_ns;
    if (connection.queued) {  // it was lost while it waited here, and is back
        return;
    }
    connection.queued = true;
    CHECK(ring_size_ < free_ring_.size());
    std::size_t tail = ring_head_ + ring_size_++;
    tail -= tail >= free_ring_.size() ? free_ring_.size() : 0;
    free_ring_[tail] = index;
}

std::optional<std::uint32_t> Lane::TakeFree(std::vector<Connection>& connections) {
    while (ring_size_ > 0) {
        const std::uint32_t index = free_ring_[ring_head_];
        ring_head_ = ring_head_ + 1 == free_ring_.size() ? 0 : ring_head_ + 1;
        --ring_size_;
        connections[index].queued = false;
        if (connections[index].state == Connection::State::kFree) {
            --free_;
            return index;
        }
    }
    return std::nullopt;
}

void Lane::Count(const Exchange& exchange) {
    ++result_.by_ending[static_cast<std::size_t>(exchange.ending)];
    const std::int64_t latency = exchange.completed_ns - exchange.intended_ns;
    if (exchange.ending != Ending::kAnswered) {
        result_.errors.Record(latency);
        return;
    }
    ++result_.by_status[static_cast<std::size_t>(exchange.status)];
    result_.service.Record(exchange.completed_ns - exchange.sent_ns);
    if (exchange.status < 300) {
        result_.winners.Record(latency);
    } else if (exchange.status < 500) {
        result_.refused.Record(latency);
    } else {
        result_.errors.Record(latency);
    }
}

}  // namespace coupon::load
