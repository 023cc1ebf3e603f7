#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "load/exchange.h"
#include "load/request_source.h"
#include "load/schedule.h"
#include "load/sockets.h"

namespace coupon::load {

/// Requests of one kind over connections of their own, counted apart from the other classes.
struct ClassOptions {
    std::string name = "all";
    std::size_t connections = 64;
    /// Open loop. Without one: closed loop, each connection sends as soon as it is answered.
    std::optional<Schedule> schedule = {};
    std::chrono::nanoseconds closed_duration = std::chrono::seconds(10);  ///< of a closed loop
    std::shared_ptr<const RequestSource> source = {};
    bool wants_sequence = false;  ///< look for "sequence" in each answer's body, for the observer
};

struct LoadOptions {
    Target target;
    std::vector<ClassOptions> classes;
    /// Each with an equal share of every class's requests and connections; a class needs at least
    /// as many connections.
    std::size_t threads = 1;
    /// From the send to the last byte of the answer; and from the intended time until a request
    /// that finds no free connection is given up.
    std::chrono::nanoseconds timeout = std::chrono::seconds(10);
    std::size_t idle_connections = 0;  ///< further ones, opened first, that never send
    /// Beyond it the generator itself is called the limit; see LoadResult.
    std::chrono::nanoseconds lateness_bound = std::chrono::milliseconds(1);
    ExchangeObserver* observer = nullptr;  ///< may be null; outlives the run
};

}  // namespace coupon::load
