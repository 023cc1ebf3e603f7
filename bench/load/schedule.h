#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/error.h"

namespace coupon::load {

/// A stretch of a schedule: `burst` requests at once at its start, then a rate that goes in a
/// straight line from the first to the second.
struct Phase {
    std::uint64_t burst = 0;         ///< the opening spike
    double from_per_second = 0;      ///< 0 = none
    double to_per_second = 0;        ///< equal to the first: constant
    std::chrono::nanoseconds duration{0};
};

/// When each request of a class is to be sent, fixed before the first one is: an open loop does not
/// wait for answers. Immutable; any thread.
class Schedule {
public:
    /// At least one phase; rates and durations not negative; at most kRequestsMax requests.
    /// Errors: kInvalidArgument.
    static Result<Schedule> FromPhases(const std::vector<Phase>& phases);
    /// `per_second` for `duration`.
    static Result<Schedule> Constant(double per_second, std::chrono::nanoseconds duration);
    /// Phases joined by "+": "burst:5000" (that many at once), "40000:10s" (a constant rate for a
    /// time), "1000-40000:5s" (a ramp). Times are whole "ms", "s" or "min". Errors:
    /// kInvalidArgument with field "phases".
    static Result<Schedule> Parse(std::string_view text);

    static constexpr double kRequestsMax = 1e12;

    /// How many requests there are.
    std::uint64_t Count() const { return count_; }
    std::chrono::nanoseconds Duration() const { return duration_; }

    /// Walks over every `step`-th request, from the `first` on, in order of time: a thread's share.
    /// The schedule must outlive it. One thread.
    class Cursor {
    public:
        Cursor(const Schedule& schedule, std::uint64_t first, std::uint64_t step)
            : schedule_(&schedule), index_(first), step_(step) {}

        bool AtEnd() const { return index_ >= schedule_->count_; }
        /// The number of the request within the schedule, from 0.
        std::uint64_t Index() const { return index_; }
        /// Its time after the start, in nanoseconds. Not at the end.
        std::int64_t Nanoseconds();
        void Advance() { index_ += step_; }

    private:
        const Schedule* schedule_;
        std::uint64_t index_;
        std::uint64_t step_;
        std::size_t segment_ = 0;
    };

private:
    /// A phase with its place in time and in the numbering. Request number n of a rate is due when
    /// the line's integral reaches n, so the first one is due at the start of the phase.
    struct Segment {
        double first = 0;  ///< requests before it; whole numbers and parts of one
        double end = 0;
        double start_seconds = 0;
        double seconds = 0;
        double from = 0;
        double to = 0;

        double TimeOf(double number) const;
    };

    Schedule() = default;

    std::vector<Segment> segments_;
    std::uint64_t count_ = 0;
    std::chrono::nanoseconds duration_{0};
};

}  // namespace coupon::load
