#pragma once

#include <cstddef>
#include <cstdint>

#include "common/ids.h"

namespace coupon::load {

/// How a request ended.
enum class Ending : std::uint8_t {
    kAnswered,  ///< an HTTP answer, whatever its status
    kTimedOut,  ///< sent, no answer in time; the connection was cut: indeterminate
    kLost,      ///< sent, the connection broke or what came was no HTTP: indeterminate
    kNotSent,   ///< waited for a connection until its time was over, or could not be written
};
inline constexpr std::size_t kEndings = 4;

/// One request's history. Times are nanoseconds of CLOCK_MONOTONIC, one clock for all threads.
struct Exchange {
    std::size_t class_index = 0;  ///< into LoadOptions::classes
    UserId user;
    CouponId coupon;
    std::int64_t intended_ns = 0;  ///< when the schedule wanted it; closed loop: when it was sent
    std::int64_t sent_ns = 0;  ///< 0 with kNotSent
    std::int64_t completed_ns = 0;  ///< the whole answer was read, or the attempt was given up
    Ending ending = Ending::kAnswered;
    int status = 0;  ///< with kAnswered
    Sequence sequence;  ///< as the answer's body told, if ClassOptions::wants_sequence; else 0
};

/// Is told every finished request. Called on the thread of worker `worker` (0 to threads-1),
/// between two system calls of the generator: it must be quick, must not throw, and needs no lock
/// as long as it keeps what it is told apart by worker.
class ExchangeObserver {
public:
    ExchangeObserver() = default;
    ExchangeObserver(const ExchangeObserver&) = delete;
    ExchangeObserver& operator=(const ExchangeObserver&) = delete;
    virtual ~ExchangeObserver() = default;

    virtual void OnExchange(std::size_t worker, const Exchange& exchange) = 0;
};

}  // namespace coupon::load
