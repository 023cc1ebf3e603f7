#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "admission/epoch_reclaimer.h"
#include "admission/holder_map.h"
#include "admission/issue_times.h"
#include "common/coupon.h"
#include "common/limits.h"

namespace coupon::admission {

/// What the engine knows of one coupon. The record is replaced whole; holders, times and `issued`
/// only grow. Threads: one writer; readers load `issued` before `record` (see Engine::Peek) and
/// hold a ReadGuard.
struct CouponEntry {
    CouponEntry(EpochReclaimer& reclaimer, std::uint64_t hash_seed, const Coupon& coupon)
        : holders(reclaimer, hash_seed), times(reclaimer), record(new Coupon(coupon)) {}
    ~CouponEntry() { delete record.load(std::memory_order_relaxed); }
    CouponEntry(const CouponEntry&) = delete;
    CouponEntry& operator=(const CouponEntry&) = delete;

    HolderMap holders;
    IssueTimes times;
    /// Durable admissions; stored with release after the holders are in (partner: Engine::Peek).
    std::atomic<std::int64_t> issued{0};
    std::atomic<const Coupon*> record;
    /// This process has decided a claim as admitted, durable or not; see Engine::Peek.
    std::atomic<bool> has_admitted{false};
    std::int64_t staged = 0;  // writer only: admissions decided and not durable yet
    WallTime last_issued_at;  // writer only
};

/// Coupon id -> entry, for ids from 1 to limits::kCouponsMax. Two levels of arrays: no hash, and it
/// grows without moving anything. Entries live as long as the table.
class CouponTable {
public:
    CouponTable() = default;
    ~CouponTable();
    CouponTable(const CouponTable&) = delete;
    CouponTable& operator=(const CouponTable&) = delete;

    /// Any thread; nullptr when there is none.
    CouponEntry* Find(CouponId id) const {
        if (id.value < 1 || id.value > limits::kCouponsMax) return nullptr;
        const auto index = static_cast<std::size_t>(id.value);
        const Chunk* chunk = chunks_[index / kChunkEntries].load(std::memory_order_acquire);
        return chunk == nullptr ? nullptr
                                : (*chunk)[index % kChunkEntries].load(std::memory_order_acquire);
    }
    /// Writer. CHECKs that the id is in range and free.
    CouponEntry& Add(CouponId id, std::unique_ptr<CouponEntry> entry);
    /// The highest id so far, 0 at first. Any thread.
    CouponId LastId() const { return CouponId{last_id_.load(std::memory_order_acquire)}; }

private:
    static constexpr std::size_t kChunkEntries = 1024;
    using Chunk = std::array<std::atomic<CouponEntry*>, kChunkEntries>;

    std::array<std::atomic<Chunk*>, limits::kCouponsMax / kChunkEntries + 1> chunks_{};
    std::atomic<std::int64_t> last_id_{0};
};

}  // namespace coupon::admission
