#include "redis/redis_script.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <array>
#include <iterator>
#include <vector>

#include "common/check.h"

namespace coupon::redis {
namespace {

constexpr std::size_t kSha1Bytes = 20;

RedisCommand Call(std::string_view command, std::string_view script,
                  std::span<const std::string_view> keys,
                  std::span<const std::string_view> arguments) {
    const std::string key_count = fmt::to_string(keys.size());
    std::vector<std::string_view> words = {command, script, key_count};
    words.reserve(words.size() + keys.size() + arguments.size());
    words.insert(words.end(), keys.begin(), keys.end());
    words.insert(words.end(), arguments.begin(), arguments.end());
    return RedisCommand(words);
}

}  // namespace

RedisScript::RedisScript(std::string_view text) : text_(text) {
    std::array<unsigned char, kSha1Bytes> digest{};
    CHECK(EVP_Digest(text.data(), text.size(), digest.data(), nullptr, EVP_sha1(), nullptr) == 1);
    for (const unsigned char byte : digest) {
        fmt::format_to(std::back_inserter(hash_), "{:02x}", byte);
    }
}

RedisCommand RedisScript::ByHash(std::span<const std::string_view> keys,
                                 std::span<const std::string_view> arguments) const {
    return Call("EVALSHA", hash_, keys, arguments);
}

RedisCommand RedisScript::ByText(std::span<const std::string_view> keys,
                                 std::span<const std::string_view> arguments) const {
    return Call("EVAL", text_, keys, arguments);
}

}  // namespace coupon::redis
