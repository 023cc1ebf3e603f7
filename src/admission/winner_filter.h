#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/ids.h"

namespace coupon::admission {

/// Which winners a coupon has in Redis. Within an epoch a winner is added only with the next
/// sequence, and none ever goes: while both are the same, so is the set of winners.
struct WinnersVersion {
    std::int64_t epoch = 0;
    Sequence next;
    bool operator==(const WinnersVersion&) const = default;
};

/// A Bloom filter of the winners of one version, in blocks of a cache line: 16 bits a winner, one
/// bit in each of eight words, of those who are none about 2 in 1,000 look like one. Filled by one
/// thread, then immutable: any thread.
class WinnerFilter {
public:
    WinnerFilter(const WinnersVersion& version, std::int64_t winners);

    void Add(UserId user);
    /// False: no winner of this version.
    bool MayHold(UserId user) const;

    const WinnersVersion& Version() const { return version_; }
    std::size_t Bytes() const { return blocks_.size() * sizeof(Block); }
    static std::size_t BytesFor(std::int64_t winners);

private:
    struct alignas(64) Block {
        std::array<std::uint64_t, 8> words{};
    };
    std::size_t BlockOf(UserId user) const;

    const WinnersVersion version_;
    std::vector<Block> blocks_;
};

}  // namespace coupon::admission
