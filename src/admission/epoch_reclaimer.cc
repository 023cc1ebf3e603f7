#include "admission/epoch_reclaimer.h"

#include <utility>

#include "common/check.h"

namespace coupon::admission {
namespace {

/// Slot numbers are handed out a process, so that one thread has the same number in every
/// reclaimer.
class ThreadNumbers {
public:
    std::size_t Take() {
        for (std::size_t number = 0; number < taken_.size(); ++number) {
            bool expected = false;
            if (taken_[number].compare_exchange_strong(expected, true, std::memory_order_acq_rel)) {
                return number;
            }
        }
        constexpr bool kMoreReadersThanLimit = true;  // limits::kEngineReadersMax
        CHECK(!kMoreReadersThanLimit);
        return 0;
    }
    void GiveBack(std::size_t number) { taken_[number].store(false, std::memory_order_release); }

private:
    std::array<std::atomic<bool>, limits::kEngineReadersMax> taken_{};
};

ThreadNumbers& Numbers() {
    static ThreadNumbers numbers;
    return numbers;
}

struct ThreadNumber {
    std::size_t value = Numbers().Take();
    ThreadNumber() = default;
    ThreadNumber(const ThreadNumber&) = delete;
    ThreadNumber& operator=(const ThreadNumber&) = delete;
    ~ThreadNumber() { Numbers().GiveBack(value); }
};

std::size_t NumberOfThisThread() {
    thread_local ThreadNumber number;
    return number.value;
}

}  // namespace

EpochReclaimer::ReadGuard::ReadGuard(const EpochReclaimer& owner)
    : slot_(&owner.slots_[NumberOfThisThread()].epoch),
      outermost_(slot_->load(std::memory_order_relaxed) == 0) {
    if (!outermost_) return;
    // seq_cst, partner of the loads in Collect: either the writer sees this slot taken, or this
    // reader's later loads see what the writer published before it looked.
    slot_->store(owner.epoch_.load(std::memory_order_seq_cst), std::memory_order_seq_cst);
}

EpochReclaimer::ReadGuard::~ReadGuard() {
    if (outermost_) slot_->store(0, std::memory_order_release);
}

EpochReclaimer::~EpochReclaimer() {
    for (Retired& entry : retired_) entry.release();
}

void EpochReclaimer::Retire(std::function<void()> release) {
    const std::uint64_t epoch = epoch_.fetch_add(1, std::memory_order_seq_cst);
    retired_.push_back({epoch, std::move(release)});
    Collect();
}

void EpochReclaimer::Collect() {
    if (retired_.empty()) return;
    std::uint64_t oldest = epoch_.load(std::memory_order_relaxed);
    for (const Slot& slot : slots_) {
        const std::uint64_t entered = slot.epoch.load(std::memory_order_seq_cst);
        if (entered != 0 && entered < oldest) oldest = entered;
    }
    // A reader that entered at epoch e can hold what was retired at e or later.
    std::erase_if(retired_, [oldest](Retired& entry) {
        if (entry.epoch >= oldest) return false;
        entry.release();
        return true;
    });
}

}  // namespace coupon::admission
