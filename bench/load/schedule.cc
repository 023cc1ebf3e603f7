#include "load/schedule.h"

#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "common/check.h"
#include "load/text.h"

namespace coupon::load {
namespace {

std::unexpected<Error> BadPhase(std::string_view text) {
    return InvalidArgument(
        "phases", "phases: '" + std::string(text) +
                      "' is none of burst:COUNT, RATE:TIME and RATE-RATE:TIME (40000:10s)");
}

std::optional<Phase> ParsePhase(std::string_view text) {
    const auto [head, tail] = SplitAt(text, ':');
    if (head == "burst") {
        const auto count = ParseCount(tail);
        return count ? std::optional(Phase{.burst = *count}) : std::nullopt;
    }
    const auto [from_text, to_text] = SplitAt(head, '-');
    const auto from = ParseRate(from_text);
    const auto to = head.contains('-') ? ParseRate(to_text) : from;
    const auto duration = ParseDuration(tail);
    if (!from || !to || !duration) return std::nullopt;
    return Phase{.from_per_second = *from, .to_per_second = *to, .duration = *duration};
}

}  // namespace

Result<Schedule> Schedule::FromPhases(const std::vector<Phase>& phases) {
    Schedule schedule;
    double number = 0;
    double seconds = 0;
    for (const Phase& phase : phases) {
        const double length = std::chrono::duration<double>(phase.duration).count();
        if (phase.from_per_second < 0 || phase.to_per_second < 0 || length < 0) {
            return InvalidArgument("phases", "phases: a rate or a time is negative");
        }
        if (phase.burst > 0) {
            // Whole numbers at the start of a burst, so that it has exactly as many as asked for.
            number = std::ceil(number);
            const double end = number + static_cast<double>(phase.burst);
            schedule.segments_.push_back({.first = number, .end = end, .start_seconds = seconds});
            number = end;
        }
        const double total = (phase.from_per_second + phase.to_per_second) / 2 * length;
        schedule.segments_.push_back({.first = number,
                                      .end = number + total,
                                      .start_seconds = seconds,
                                      .seconds = length,
                                      .from = phase.from_per_second,
                                      .to = phase.to_per_second});
        number += total;
        seconds += length;
    }
    if (number > kRequestsMax) return InvalidArgument("phases", "phases: more than 10^12 requests");
    // What is short of a whole number by rounding only is one; what is really a part is none.
    schedule.count_ = static_cast<std::uint64_t>(std::floor(number + 1e-6));
    if (schedule.count_ == 0) {
        return InvalidArgument("phases", "phases: not one request in all of them");
    }
    schedule.duration_ = std::chrono::nanoseconds(std::llround(seconds * 1e9));
    return schedule;
}

Result<Schedule> Schedule::Constant(double per_second, std::chrono::nanoseconds duration) {
    return FromPhases(
        {{.from_per_second = per_second, .to_per_second = per_second, .duration = duration}});
}

Result<Schedule> Schedule::Parse(std::string_view text) {
    std::vector<Phase> phases;
    for (const std::string_view part : SplitAll(text, '+')) {
        const auto phase = ParsePhase(part);
        if (!phase) return BadPhase(part);
        phases.push_back(*phase);
    }
    return FromPhases(phases);
}

double Schedule::Segment::TimeOf(double number) const {
    const double within = number - first;
    if (within <= 0 || seconds == 0) return start_seconds;
    // Solves from*t + (to-from)/(2*seconds)*t^2 = within; this form of the root also stands for a
    // constant rate and loses no digits beside it.
    const double slope = (to - from) / seconds;
    const double root = std::sqrt(std::fmax(0.0, from * from + 2 * slope * within));
    return start_seconds + std::fmin(seconds, 2 * within / (from + root));
}

std::int64_t Schedule::Cursor::Nanoseconds() {
    DCHECK(!AtEnd());
    const auto number = static_cast<double>(index_);
    const auto& segments = schedule_->segments_;
    while (segment_ + 1 < segments.size() && number >= segments[segment_].end) ++segment_;
    return std::llround(segments[segment_].TimeOf(number) * 1e9);
}

}  // namespace coupon::load
