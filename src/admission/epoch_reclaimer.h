#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "common/limits.h"
#include "common/metric_cells.h"

namespace coupon::admission {

/// Lets one writer replace what many readers are looking at, without a lock: what was replaced is
/// freed once every reader that could have seen it has left. A reader holds a ReadGuard for the few
/// loads of one look-up.
///
/// Threads: one writer; a reader slot belongs to one thread at a time.
class EpochReclaimer {
public:
    EpochReclaimer() = default;
    EpochReclaimer(const EpochReclaimer&) = delete;
    EpochReclaimer& operator=(const EpochReclaimer&) = delete;
    ~EpochReclaimer();

    /// Marks the calling thread as reading; nests. Any thread; a thread takes a slot at its first
    /// guard and gives it back when it ends. CHECKs that not more than limits::kEngineReadersMax
    /// threads read at once.
    class ReadGuard {
    public:
        explicit ReadGuard(const EpochReclaimer& owner);
        ~ReadGuard();
        ReadGuard(const ReadGuard&) = delete;
        ReadGuard& operator=(const ReadGuard&) = delete;

    private:
        std::atomic<std::uint64_t>* slot_;
        bool outermost_;
    };

    /// Writer: frees by `release` once no reader can hold what was replaced before this call.
    void Retire(std::function<void()> release);
    /// Writer: frees what can be freed now. Cheap when nothing waits.
    void Collect();
    std::size_t PendingForTest() const { return retired_.size(); }

private:
    struct alignas(kCacheLineBytes) Slot {
        /// 0 = not reading; else the epoch at which the reader entered.
        std::atomic<std::uint64_t> epoch{0};
    };
    struct Retired {
        std::uint64_t epoch;
        std::function<void()> release;
    };

    mutable std::array<Slot, limits::kEngineReadersMax> slots_;
    std::atomic<std::uint64_t> epoch_{1};
    std::vector<Retired> retired_;  // writer only
};

}  // namespace coupon::admission
