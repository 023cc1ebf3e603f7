#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "admission/epoch_reclaimer.h"
#include "common/clock.h"
#include "common/ids.h"

namespace coupon::admission {

/// When each sequence of a coupon was issued. Sequences are issued in order and many in the same
/// millisecond, so only the first of each run is kept: 12 bytes a run, and a look-up is a binary
/// search.
///
/// Threads: one writer (Append); At from any thread under a ReadGuard of the same reclaimer.
class IssueTimes {
public:
    explicit IssueTimes(EpochReclaimer& reclaimer);
    ~IssueTimes();
    IssueTimes(const IssueTimes&) = delete;
    IssueTimes& operator=(const IssueTimes&) = delete;

    /// Writer; sequences ascend without a gap from 1, times may repeat (or step back with the
    /// clock).
    void Append(Sequence sequence, WallTime issued_at);
    /// The time of a sequence that was appended.
    WallTime At(Sequence sequence) const;
    std::size_t MemoryBytes() const;

private:
    struct Run {
        std::uint32_t first;
        std::uint32_t time_low;
        std::uint32_t time_high;
    };
    static constexpr std::size_t kRunsPerChunk = 128;
    using Chunk = std::array<Run, kRunsPerChunk>;
    struct Directory;

    Run RunAt(const Directory& directory, std::size_t index) const;

    EpochReclaimer& reclaimer_;
    std::int64_t last_time_ms_ = 0;
    /// Runs that readers may look at; stored with release after the run (partner: At).
    std::atomic<std::size_t> size_{0};
    std::atomic<Directory*> directory_;
};

}  // namespace coupon::admission
