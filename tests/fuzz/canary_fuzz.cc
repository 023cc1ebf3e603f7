// Proves that fuzzing works: eight bytes, each behind a branch of its own, lead to a read beyond a buffer. Chance does
// not find that; coverage of the branches does, within seconds, and the address sanitizer must report it.

#include <cstring>
#include <memory>
#include <string_view>

#include "tests/fuzz/fuzz_input.h"

namespace {

constexpr std::string_view kWord = "canary42";

std::size_t MatchingBytes(std::string_view text) {
    std::size_t matching = 0;
    while (matching < kWord.size() && matching < text.size() && text[matching] == kWord[matching]) {
        ++matching;
    }
    return matching;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = coupon::fuzz::TextOf(data, size);
    const std::size_t matching = MatchingBytes(text);
    const auto copy = std::make_unique<char[]>(kWord.size());
    std::memcpy(copy.get(), text.data(), matching);
    const volatile char* const end = copy.get() + matching;  // beyond the buffer for the whole word
    return *end == '\x7f' ? -1 : 0;
}
