#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "admission/admission.h"

namespace coupon::simulation {

/// What can happen in a run, apart from the outcomes. A kind that never happens over many seeds is
/// not tested.
enum class Event : std::uint8_t {
    // Disk faults
    kWriteError,
    kTornWriteError,
    kSyncError,
    kTruncateError,
    kFull,
    kShortWrite,
    kSlowSync,
    // Where a crash hit
    kCrashAtWrite,
    kCrashBeforeSync,
    kCrashAfterSync,
    kCrashAtTruncate,
    kCrashAtDelete,
    kCrashInOpen,
    kCrashInRound,
    kCrashInChange,
    kCrashInClose,
    kCrashBeforeReplies,
    kCrashBetweenReplies,
    kCrashIdle,
    // What a crash did
    kProcessKilled,
    kPowerLost,
    kWriteLost,
    kWriteTorn,
    kWriteReordered,
    kFolderEntryLost,
    // Life of the service
    kStart,
    kStartFailed,
    kCleanStop,
    kWriterClosed,
    kLogRestarted,
    kClockForward,
    kClockBackward,
    // Clients
    kAskedDuringWrite,
    kAnsweredDuringWrite,
    kHungUp,
    kAskedAgain,
    kAnsweredWhileClosed,
    // Operator
    kCreated,
    kToppedUp,
    kCut,
    kPaused,
    kResumed,
    kClosed,
    kWindowMoved,
    kChangeRefused,
    kChangeUnknown,
};
inline constexpr std::size_t kEventCount = static_cast<std::size_t>(Event::kChangeUnknown) + 1;

/// How often each event and outcome was met. Confined to one thread.
class Coverage {
public:
    void Count(Event event) { ++events_[static_cast<std::size_t>(event)]; }
    void Count(admission::Outcome outcome, bool at_once);
    void Add(const Coverage& other);

    struct Line {
        std::string_view name;
        std::uint64_t times;
    };
    /// Everything that can be met, with its count. kOverloaded is left out: the rings are the
    /// driver's, and this simulation has another driver.
    std::vector<Line> Lines() const;

private:
    using Outcomes = std::array<std::uint64_t, admission::kOutcomeCount>;

    std::array<std::uint64_t, kEventCount> events_{};
    Outcomes at_once_{};
    Outcomes after_round_{};
};

}  // namespace coupon::simulation
