#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// What libFuzzer calls, and replay_main.cc for each file of a corpus: 0, or the process ends
/// (CHECK, a sanitizer).
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace coupon::fuzz {

inline std::string_view TextOf(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

/// Takes numbers off the front of an input; zeros when it is used up.
class FuzzInput {
public:
    FuzzInput(const std::uint8_t* data, std::size_t size) : rest_(TextOf(data, size)) {}

    bool Empty() const { return rest_.empty(); }
    std::uint8_t Byte() { return static_cast<std::uint8_t>(Number(1)); }
    /// Two bytes, the lower one first; likewise four and eight.
    std::uint16_t Short() { return static_cast<std::uint16_t>(Number(2)); }
    std::uint32_t Word() { return static_cast<std::uint32_t>(Number(4)); }
    std::int64_t Long() { return static_cast<std::int64_t>(Number(8)); }

private:
    std::uint64_t Number(std::size_t bytes) {
        std::uint64_t number = 0;
        for (std::size_t i = 0; i < bytes && !rest_.empty(); ++i) {
            number |= std::uint64_t{static_cast<std::uint8_t>(rest_.front())} << (8 * i);
            rest_.remove_prefix(1);
        }
        return number;
    }

    std::string_view rest_;
};

/// Numbers that follow from a seed (splitmix64): the same input is always treated the same.
class SeededNumbers {
public:
    /// From a text: any change of the input is another choice of numbers.
    explicit SeededNumbers(std::string_view text) {
        for (const char byte : text) {
            state_ = (state_ ^ static_cast<std::uint8_t>(byte)) * 0x100000001B3;
        }
    }
    std::size_t Below(std::size_t bound) {
        std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return static_cast<std::size_t>((mixed ^ (mixed >> 31)) % bound);
    }

private:
    std::uint64_t state_ = 0xCBF29CE484222325;
};

}  // namespace coupon::fuzz
