#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "admission/epoch_reclaimer.h"
#include "common/ids.h"

namespace coupon::admission {

/// Who holds one coupon: user -> sequence, and whether it was redeemed. Open addressing, 12 bytes a
/// slot, at most 4/5 full. Split into shards once it is large: the split moves some 12,000 entries,
/// and after it growing moves those of one shard, a thousandth of all.
///
/// Threads: one writer (Insert, SetRedeemed, Reserve, Prefetch); Find from any thread under a
/// ReadGuard of the same reclaimer.
class HolderMap {
public:
    struct Entry {
        Sequence sequence;
        bool redeemed = false;
    };

    /// `hash_seed` keeps callers who choose user ids from choosing collisions. `reclaimer` must
    /// outlive the map.
    HolderMap(EpochReclaimer& reclaimer, std::uint64_t hash_seed);
    ~HolderMap();
    HolderMap(const HolderMap&) = delete;
    HolderMap& operator=(const HolderMap&) = delete;

    /// Writer, while the map is empty: room for `holders` without growing, whose memory is taken as
    /// they come. Does nothing for few holders, or when the system has no room.
    void Reserve(std::size_t holders);
    /// Writer. CHECKs 1 <= sequence <= limits::kSequenceMax; False, and nothing is changed: `user`
    /// is there already.
    bool Insert(UserId user, Sequence sequence);
    /// Writer. Prefetches the slot that Insert will need; changes nothing.
    void Prefetch(UserId user) const;
    /// Writer. `user` must be present.
    void SetRedeemed(UserId user, bool redeemed);
    /// Any thread under a ReadGuard, and the writer without one.
    std::optional<Entry> Find(UserId user) const;

    /// Writer.
    std::size_t Size() const { return size_; }
    /// Writer: bytes of all tables.
    std::size_t MemoryBytes() const;

private:
    struct Table;
    struct Shards;

    std::uint64_t HashOf(UserId user) const;
    Table* Copy(const Table& table, std::size_t capacity) const;
    void Grow(std::atomic<Table*>& place, std::size_t capacity);
    void Split();
    /// Makes `shards` what readers see; the old ones go when nobody looks at them.
    void Publish(Shards* shards);

    EpochReclaimer& reclaimer_;
    std::uint64_t hash_seed_;
    std::size_t size_ = 0;
    std::atomic<Shards*> shards_;
};

}  // namespace coupon::admission
