#include "admission/issue_times.h"

#include <vector>

#include "common/check.h"

namespace coupon::admission {

/// Pointers to the chunks. Replaced whole when a chunk is added, which copies one pointer for each
/// 128 runs; the chunks themselves never move and belong to IssueTimes.
struct IssueTimes::Directory {
    std::vector<Chunk*> chunks;
};

IssueTimes::IssueTimes(EpochReclaimer& reclaimer)
    : reclaimer_(reclaimer), directory_(new Directory) {}

IssueTimes::~IssueTimes() {
    Directory* directory = directory_.load(std::memory_order_relaxed);
    for (Chunk* chunk : directory->chunks) delete chunk;
    delete directory;
}

void IssueTimes::Append(Sequence sequence, WallTime issued_at) {
    const std::int64_t time_ms = issued_at.time_since_epoch().count();
    const std::size_t size = size_.load(std::memory_order_relaxed);
    if (size != 0 && time_ms == last_time_ms_) return;
    Directory* directory = directory_.load(std::memory_order_relaxed);
    if (size == directory->chunks.size() * kRunsPerChunk) {
        auto larger = std::make_unique<Directory>(*directory);
        larger->chunks.push_back(new Chunk);
        Directory* old = directory;
        directory = larger.release();
        directory_.store(directory, std::memory_order_seq_cst);
        reclaimer_.Retire([old] { delete old; });
    }
    const auto bits = static_cast<std::uint64_t>(time_ms);
    (*directory->chunks[size / kRunsPerChunk])[size % kRunsPerChunk] = {
        static_cast<std::uint32_t>(sequence.value), static_cast<std::uint32_t>(bits),
        static_cast<std::uint32_t>(bits >> 32)};
    last_time_ms_ = time_ms;
    size_.store(size + 1, std::memory_order_release);
}

IssueTimes::Run IssueTimes::RunAt(const Directory& directory, std::size_t index) const {
    return (*directory.chunks[index / kRunsPerChunk])[index % kRunsPerChunk];
}

WallTime IssueTimes::At(Sequence sequence) const {
    // size before directory: the directory that is read is at least as long as the size needs.
    std::size_t high = size_.load(std::memory_order_acquire);
    const Directory& directory = *directory_.load(std::memory_order_seq_cst);
    CHECK(high > 0);
    std::size_t low = 0;  // the run in [low, high) that starts last at or before `sequence`
    while (high - low > 1) {
        const std::size_t middle = low + (high - low) / 2;
        if (RunAt(directory, middle).first <= static_cast<std::uint64_t>(sequence.value)) {
            low = middle;
        } else {
            high = middle;
        }
    }
    const Run run = RunAt(directory, low);
    const auto bits = (std::uint64_t{run.time_high} << 32) | run.time_low;
    return WallTime{std::chrono::milliseconds{static_cast<std::int64_t>(bits)}};
}

std::size_t IssueTimes::MemoryBytes() const {
    return directory_.load(std::memory_order_relaxed)->chunks.size() *
           (sizeof(Chunk) + sizeof(Chunk*));
}

}  // namespace coupon::admission
