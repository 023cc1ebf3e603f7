// Proves that fuzzing works: six bytes, each behind a branch of its own, lead to a read beyond a
// buffer. Chance does not find that; coverage of the branches does, within seconds, and the address
// sanitizer must report it.

#include <memory>
#include <string_view>

#include "tests/fuzz/fuzz_input.h"

namespace {

constexpr std::string_view kWord = "canary";

/// A function a byte: a loop's branch is one for all bytes, and coverage would not see how far an
/// input came.
template <std::size_t kAt>
bool StartsWithWord(std::string_view text) {
    if constexpr (kAt == kWord.size()) {
        return true;
    } else {
        if (text.size() <= kAt || text[kAt] != kWord[kAt]) return false;
        return StartsWithWord<kAt + 1>(text);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const bool found = StartsWithWord<0>(coupon::fuzz::TextOf(data, size));
    const auto buffer = std::make_unique<volatile char[]>(kWord.size());
    return buffer[found ? kWord.size() : 0] == '\x7f' ? -1 : 0;
}
