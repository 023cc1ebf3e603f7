#include "admission/holder_map.h"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/limits.h"

namespace coupon::admission {
namespace {

constexpr std::size_t kFirstCapacity = 16;
/// A single table is split into kShards when it would grow beyond this; a shard starts at a
/// fraction of it.
constexpr std::size_t kSplitCapacity = 16 * 1024;
constexpr std::size_t kShards = 1024;
constexpr std::uint32_t kRedeemedBit = std::uint32_t{1} << 31;

constexpr std::size_t kSlotBytes = sizeof(std::int64_t) + sizeof(std::uint32_t);
/// A smaller reserve is not worth a mapping of its own; growing into it is quick.
constexpr std::size_t kReservedBytesMin = 64 * 1024;
constexpr std::size_t kPageBytes = 4096;

constexpr std::size_t RoomFor(std::size_t holders) { return holders + holders / 4 + 1; }
constexpr std::size_t NextCapacity(std::size_t capacity) { return capacity + capacity / 2; }

/// The finaliser of MurmurHash3: every input bit reaches every output bit.
std::uint64_t Mix(std::uint64_t value) {
    value ^= value >> 33;
    value *= 0xff51afd7ed558ccdULL;
    value ^= value >> 33;
    value *= 0xc4ceb9fe1a85ec53ULL;
    return value ^ (value >> 33);
}

/// Zeroed memory whose pages the system gives when they are first used: reserved room costs nothing
/// by itself. Small pages, so that a few holders of many large coupons do not take a huge page
/// each.
class PageBlock {
public:
    /// nullptr when the system has no room for it.
    static std::shared_ptr<const PageBlock> Map(std::size_t bytes) {
        void* const start = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (start == MAP_FAILED) return nullptr;
        ::madvise(start, bytes, MADV_NOHUGEPAGE);
        return std::shared_ptr<const PageBlock>(
            new PageBlock(static_cast<std::byte*>(start), bytes));
    }
    ~PageBlock() { ::munmap(start_, bytes_); }
    PageBlock(const PageBlock&) = delete;
    PageBlock& operator=(const PageBlock&) = delete;

    void* At(std::size_t offset) const { return start_ + offset; }

private:
    PageBlock(std::byte* start, std::size_t bytes) : start_(start), bytes_(bytes) {}

    std::byte* const start_;
    const std::size_t bytes_;
};

/// The whole pages of a part of a PageBlock that is not used any more.
void GiveBackPages(void* start, std::size_t bytes) {
    const std::size_t into_page = reinterpret_cast<std::uintptr_t>(start) % kPageBytes;
    const std::size_t to_first = into_page == 0 ? 0 : kPageBytes - into_page;
    if (bytes < to_first + kPageBytes) return;
    ::madvise(static_cast<std::byte*>(start) + to_first,
              (bytes - to_first) / kPageBytes * kPageBytes, MADV_DONTNEED);
}

}  // namespace

/// Keys first, values behind them, in one zeroed block (0 = empty: user ids start at 1).
struct HolderMap::Table {
    explicit Table(std::size_t slots) : Table(slots, std::calloc(slots, kSlotBytes), nullptr) {}
    /// In its part of a block, which it keeps alive: a table may outlive its map for a while.
    Table(std::size_t slots, const std::shared_ptr<const PageBlock>& shared, std::size_t offset)
        : Table(slots, shared->At(offset), shared) {}
    ~Table() { block != nullptr ? GiveBackPages(keys, capacity * kSlotBytes) : std::free(keys); }
    Table(const Table&) = delete;
    Table& operator=(const Table&) = delete;

    /// Where the search for a user begins. The low half of the hash chooses (the high one chose the
    /// shard).
    std::size_t FirstSlot(std::uint64_t hash) const {
        return ((hash & 0xffffffffU) * capacity) >> 32;
    }
    /// The slot of `user`, or the empty slot where it belongs; the acquire load is the partner of
    /// the release store in Put.
    std::size_t SlotOf(std::int64_t user, std::uint64_t hash) const {
        std::size_t slot = FirstSlot(hash);
        while (true) {
            const std::int64_t key = keys[slot].load(std::memory_order_acquire);
            if (key == user || key == 0) return slot;
            if (++slot == capacity) slot = 0;
        }
    }
    /// False, and nothing is changed: `user` is there already.
    bool Put(std::int64_t user, std::uint64_t hash, std::uint32_t value) {
        const std::size_t slot = SlotOf(user, hash);
        if (keys[slot].load(std::memory_order_relaxed) != 0) return false;
        values[slot].store(value, std::memory_order_relaxed);
        keys[slot].store(user, std::memory_order_release);
        ++used;
        return true;
    }
    bool Full() const { return (used + 1) * 5 > capacity * 4; }

    std::size_t capacity;
    std::size_t used = 0;  // writer only
    const std::shared_ptr<const PageBlock>
        block;  // where the slots lie; null = in a calloc of their own
    std::atomic<std::int64_t>* keys;
    std::atomic<std::uint32_t>* values;

private:
    Table(std::size_t slots, void* place, std::shared_ptr<const PageBlock> shared)
        : capacity(slots),
          block(std::move(shared)),
          keys(static_cast<std::atomic<std::int64_t>*>(place)) {
        CHECK(keys != nullptr);
        values = reinterpret_cast<std::atomic<std::uint32_t>*>(keys + slots);
    }
};

struct HolderMap::Shards {
    explicit Shards(std::size_t count) : tables(count) {}
    ~Shards() {
        for (auto& table : tables) delete table.load(std::memory_order_relaxed);
    }
    Shards(const Shards&) = delete;
    Shards& operator=(const Shards&) = delete;

    std::atomic<Table*>& PlaceOf(std::uint64_t hash) {
        return tables[((hash >> 32) * tables.size()) >> 32];
    }

    std::vector<std::atomic<Table*>> tables;
};

HolderMap::HolderMap(EpochReclaimer& reclaimer, std::uint64_t hash_seed)
    : reclaimer_(reclaimer), hash_seed_(hash_seed), shards_(new Shards(1)) {
    shards_.load(std::memory_order_relaxed)
        ->tables[0]
        .store(new Table(kFirstCapacity), std::memory_order_relaxed);
}

HolderMap::~HolderMap() { delete shards_.load(std::memory_order_relaxed); }

std::uint64_t HolderMap::HashOf(UserId user) const {
    return Mix(static_cast<std::uint64_t>(user.value) ^ hash_seed_);
}

void HolderMap::Reserve(std::size_t holders) {
    CHECK(size_ == 0);
    const bool split = RoomFor(holders) > kSplitCapacity;
    // A shard's share varies around the mean by its square root; five times that is never passed.
    const double mean = static_cast<double>(holders) / kShards;
    const std::size_t share = static_cast<std::size_t>(mean + 5 * std::sqrt(mean)) + 1;
    const std::size_t slots = RoomFor(split ? share : holders);
    const std::size_t tables = split ? kShards : 1;
    const std::size_t table_bytes = (slots * kSlotBytes + 7) / 8 * 8;  // keys must be aligned
    if (tables * table_bytes < kReservedBytesMin) return;
    const std::shared_ptr<const PageBlock> block = PageBlock::Map(tables * table_bytes);
    if (block == nullptr) return;
    auto shards = std::make_unique<Shards>(tables);
    for (std::size_t i = 0; i < tables; ++i) {
        shards->tables[i].store(new Table(slots, block, i * table_bytes),
                                std::memory_order_relaxed);
    }
    Publish(shards.release());
}

bool HolderMap::Insert(UserId user, Sequence sequence) {
    CHECK(sequence.value >= 1 && sequence.value <= limits::kSequenceMax);
    const std::uint64_t hash = HashOf(user);
    Shards* shards = shards_.load(std::memory_order_relaxed);
    std::atomic<Table*>* place = &shards->PlaceOf(hash);
    Table* table = place->load(std::memory_order_relaxed);
    if (table->Full()) {
        if (shards->tables.size() == 1 && NextCapacity(table->capacity) > kSplitCapacity) {
            Split();
            place = &shards_.load(std::memory_order_relaxed)->PlaceOf(hash);
            table = place->load(std::memory_order_relaxed);
        }
        if (table->Full()) Grow(*place, NextCapacity(table->capacity));
        table = place->load(std::memory_order_relaxed);
    }
    if (!table->Put(user.value, hash, static_cast<std::uint32_t>(sequence.value))) return false;
    ++size_;
    return true;
}

void HolderMap::Prefetch(UserId user) const {
    const std::uint64_t hash = HashOf(user);
    const Table& table =
        *shards_.load(std::memory_order_relaxed)->PlaceOf(hash).load(std::memory_order_relaxed);
    const std::size_t slot = table.FirstSlot(hash);
    __builtin_prefetch(&table.keys[slot], 1);
    __builtin_prefetch(&table.values[slot], 1);
}

void HolderMap::SetRedeemed(UserId user, bool redeemed) {
    const std::uint64_t hash = HashOf(user);
    Table* table =
        shards_.load(std::memory_order_relaxed)->PlaceOf(hash).load(std::memory_order_relaxed);
    const std::size_t slot = table->SlotOf(user.value, hash);
    CHECK(table->keys[slot].load(std::memory_order_relaxed) == user.value);
    const std::uint32_t sequence =
        table->values[slot].load(std::memory_order_relaxed) & ~kRedeemedBit;
    table->values[slot].store(redeemed ? sequence | kRedeemedBit : sequence,
                              std::memory_order_release);
}

std::optional<HolderMap::Entry> HolderMap::Find(UserId user) const {
    const std::uint64_t hash = HashOf(user);
    // seq_cst, partner of the store in EpochReclaimer::ReadGuard (see there); a plain load on x86.
    Shards* shards = shards_.load(std::memory_order_seq_cst);
    const Table* table = shards->PlaceOf(hash).load(std::memory_order_seq_cst);
    const std::size_t slot = table->SlotOf(user.value, hash);
    if (table->keys[slot].load(std::memory_order_acquire) != user.value) return std::nullopt;
    const std::uint32_t value = table->values[slot].load(std::memory_order_acquire);
    return Entry{Sequence{value & ~kRedeemedBit}, (value & kRedeemedBit) != 0};
}

std::size_t HolderMap::MemoryBytes() const {
    std::size_t slots = 0;
    for (const auto& place : shards_.load(std::memory_order_relaxed)->tables) {
        slots += place.load(std::memory_order_relaxed)->capacity;
    }
    return slots * (sizeof(std::int64_t) + sizeof(std::uint32_t));
}

HolderMap::Table* HolderMap::Copy(const Table& table, std::size_t capacity) const {
    auto copy = std::make_unique<Table>(capacity);
    for (std::size_t slot = 0; slot < table.capacity; ++slot) {
        const std::int64_t key = table.keys[slot].load(std::memory_order_relaxed);
        if (key == 0) continue;
        copy->Put(key, HashOf(UserId{key}), table.values[slot].load(std::memory_order_relaxed));
    }
    return copy.release();
}

void HolderMap::Grow(std::atomic<Table*>& place, std::size_t capacity) {
    Table* old = place.load(std::memory_order_relaxed);
    place.store(Copy(*old, capacity), std::memory_order_seq_cst);
    reclaimer_.Retire([old] { delete old; });
}

void HolderMap::Split() {
    Shards* old = shards_.load(std::memory_order_relaxed);
    CHECK(old->tables.size() == 1);
    const Table& table = *old->tables[0].load(std::memory_order_relaxed);
    auto many = std::make_unique<Shards>(kShards);
    const std::size_t share = std::max(kFirstCapacity, RoomFor(2 * table.used / kShards));
    for (auto& place : many->tables) place.store(new Table(share), std::memory_order_relaxed);
    for (std::size_t slot = 0; slot < table.capacity; ++slot) {
        const std::int64_t key = table.keys[slot].load(std::memory_order_relaxed);
        if (key == 0) continue;
        const std::uint64_t hash = HashOf(UserId{key});
        std::atomic<Table*>& place = many->PlaceOf(hash);
        Table* shard = place.load(std::memory_order_relaxed);
        if (shard->Full()) Grow(place, NextCapacity(shard->capacity));
        place.load(std::memory_order_relaxed)
            ->Put(key, hash, table.values[slot].load(std::memory_order_relaxed));
    }
    Publish(many.release());
}

void HolderMap::Publish(Shards* shards) {
    Shards* const old = shards_.exchange(shards, std::memory_order_seq_cst);
    reclaimer_.Retire([old] { delete old; });
}

}  // namespace coupon::admission
