#include "tests/simulation/coverage.h"

namespace coupon::simulation {
namespace {

using admission::Outcome;

constexpr std::array<std::string_view, kEventCount> kNames = {
    "write error",
    "torn write error",
    "sync error",
    "truncate error",
    "disk full",
    "short write",
    "slow sync",
    "crash at a write",
    "crash before a sync",
    "crash after a sync",
    "crash at a truncate",
    "crash at a delete",
    "crash in open",
    "crash in a round",
    "crash in an operator change",
    "crash in close",
    "crash before the replies",
    "crash between replies",
    "crash when idle",
    "process killed",
    "power lost",
    "unsynced write lost",
    "unsynced write torn",
    "unsynced write lost, a later one kept",
    "folder entry lost",
    "start",
    "failed start",
    "clean stop",
    "writer closed",
    "log begun anew",
    "clock forward",
    "clock backward",
    "asked during a write",
    "answered during a write",
    "client hung up",
    "asked again after no answer",
    "answered by a closed writer",
    "coupon created",
    "stock raised",
    "stock cut",
    "paused",
    "resumed",
    "closed",
    "window moved",
    "change refused",
    "change of unknown fate",
};

/// Answers that rest on durable state alone; "ended" needs the stage.
bool CanBeAtOnce(Outcome outcome) {
    switch (outcome) {
        case Outcome::kDuplicate:
        case Outcome::kSoldOut:
        case Outcome::kNotOpen:
        case Outcome::kPaused:
        case Outcome::kClosed:
        case Outcome::kUnknownCoupon:
        case Outcome::kUnknown: return true;  // once the writer is closed
        default: return false;
    }
}

/// An unknown coupon, and what is closed or paused between two rounds, is answered at once. A claim
/// is issued when it is answered: "not yet" belongs to admission over Redis.
bool CanBeAfterARound(Outcome outcome) {
    return outcome != Outcome::kOverloaded && outcome != Outcome::kUnknownCoupon &&
           outcome != Outcome::kNotIssuedYet;
}

}  // namespace

void Coverage::Count(Outcome outcome, bool at_once) {
    ++(at_once ? at_once_ : after_round_)[static_cast<std::size_t>(outcome)];
}

void Coverage::Add(const Coverage& other) {
    for (std::size_t i = 0; i < kEventCount; ++i) events_[i] += other.events_[i];
    for (std::size_t i = 0; i < admission::kOutcomeCount; ++i) {
        at_once_[i] += other.at_once_[i];
        after_round_[i] += other.after_round_[i];
    }
}

std::vector<Coverage::Line> Coverage::Lines() const {
    std::vector<Line> lines;
    for (std::size_t i = 0; i < kEventCount; ++i) lines.push_back({kNames[i], events_[i]});
    for (std::size_t i = 0; i < admission::kOutcomeCount; ++i) {
        const auto outcome = static_cast<Outcome>(i);
        if (CanBeAtOnce(outcome)) lines.push_back({ToString(outcome), at_once_[i]});
        if (CanBeAfterARound(outcome)) lines.push_back({ToString(outcome), after_round_[i]});
    }
    return lines;
}

}  // namespace coupon::simulation
