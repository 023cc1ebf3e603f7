#include "admission/coupon_table.h"

#include <algorithm>

#include "common/check.h"

namespace coupon::admission {

CouponTable::~CouponTable() {
    for (auto& place : chunks_) {
        Chunk* chunk = place.load(std::memory_order_relaxed);
        if (chunk == nullptr) continue;
        for (auto& entry : *chunk) delete entry.load(std::memory_order_relaxed);
        delete chunk;
    }
}

CouponEntry& CouponTable::Add(CouponId id, std::unique_ptr<CouponEntry> entry) {
    CHECK(id.value >= 1 && id.value <= limits::kCouponsMax);
    const auto index = static_cast<std::size_t>(id.value);
    std::atomic<Chunk*>& place = chunks_[index / kChunkEntries];
    if (place.load(std::memory_order_relaxed) == nullptr) {
        place.store(new Chunk{}, std::memory_order_release);
    }
    std::atomic<CouponEntry*>& slot =
        (*place.load(std::memory_order_relaxed))[index % kChunkEntries];
    CHECK(slot.load(std::memory_order_relaxed) == nullptr);
    CouponEntry& added = *entry;
    slot.store(entry.release(), std::memory_order_release);
    last_id_.store(std::max(last_id_.load(std::memory_order_relaxed), id.value),
                   std::memory_order_release);
    return added;
}

}  // namespace coupon::admission
