#pragma once

#include <cstdint>

namespace coupon::simulation {

/// The one source of chance of a run (SplitMix64). Own code, because the standard distributions may
/// give another sequence with another library, and a seed has to mean the same run everywhere.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t Next() {
        std::uint64_t mixed = (state_ += 0x9E3779B97F4A7C15);
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
    /// From `low` to `high`, both possible.
    std::int64_t Between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(Next() % static_cast<std::uint64_t>(high - low + 1));
    }
    /// True once in `times`.
    bool OneIn(std::int64_t times) { return Between(1, times) == 1; }

private:
    std::uint64_t state_;
};

}  // namespace coupon::simulation
