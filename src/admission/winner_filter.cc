#include "admission/winner_filter.h"

#include <algorithm>

namespace coupon::admission {
namespace {

constexpr std::int64_t kWinnersPerBlock = 32;  // 512 bits, 16 each

/// The finisher of splitmix64: ids that follow each other come apart.
std::uint64_t Mix(std::uint64_t bits) {
    bits += 0x9e3779b97f4a7c15;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
    return bits ^ (bits >> 31);
}

std::uint64_t HashOf(UserId user) { return Mix(static_cast<std::uint64_t>(user.value)); }

std::size_t BlocksFor(std::int64_t winners) {
    return static_cast<std::size_t>(
        std::max<std::int64_t>(1, (winners + kWinnersPerBlock - 1) / kWinnersPerBlock));
}

/// Six bits of the hash choose one of the word's 64.
std::uint64_t BitOf(std::uint64_t hash, std::size_t word) {
    return std::uint64_t{1} << (hash >> (6 * word) & 63);
}

}  // namespace

WinnerFilter::WinnerFilter(const WinnersVersion& version, std::int64_t winners)
    : version_(version), blocks_(BlocksFor(winners)) {}

std::size_t WinnerFilter::BytesFor(std::int64_t winners) {
    return BlocksFor(winners) * sizeof(Block);
}

std::size_t WinnerFilter::BlockOf(UserId user) const {
    return static_cast<std::size_t>(Mix(HashOf(user)) % blocks_.size());
}

void WinnerFilter::Add(UserId user) {
    const std::uint64_t hash = HashOf(user);
    Block& block = blocks_[BlockOf(user)];
    for (std::size_t i = 0; i < block.words.size(); ++i) block.words[i] |= BitOf(hash, i);
}

bool WinnerFilter::MayHold(UserId user) const {
    const std::uint64_t hash = HashOf(user);
    const Block& block = blocks_[BlockOf(user)];
    std::uint64_t missing = 0;
    for (std::size_t i = 0; i < block.words.size(); ++i) {
        missing |= BitOf(hash, i) & ~block.words[i];
    }
    return missing == 0;
}

}  // namespace coupon::admission
