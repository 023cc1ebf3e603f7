#include "common/secret.h"

#include <fmt/format.h>
#include <string.h>  // explicit_bzero

#include <algorithm>
#include <cstdint>
#include <string>

#include "common/ascii.h"
#include "common/config_values.h"
#include "common/secret_file.h"

namespace coupon {
namespace {

/// A token and a line end of two bytes; ReadSecretFile has room for one byte more, which proves the
/// file too long.
constexpr std::size_t kSecretFileBytesMax = limits::kSecretBytesMax + 2;

}  // namespace

Result<Secret> Secret::FromText(std::string_view text, std::string_view key) {
    if (text.size() < limits::kSecretBytesMin || text.size() > limits::kSecretBytesMax) {
        return ConfigurationError(
            std::string(key), fmt::format("the token has {} bytes; allowed: {} to {}", text.size(),
                                          limits::kSecretBytesMin, limits::kSecretBytesMax));
    }
    if (!std::ranges::all_of(text, [](char byte) { return byte > 0x20 && byte < 0x7F; })) {
        return ConfigurationError(std::string(key),
                                  "the token has a byte that is not visible ASCII (0x21 to 0x7E)");
    }
    Secret secret;
    std::ranges::copy(text, secret.bytes_.begin());
    secret.size_ = text.size();
    return secret;
}

Secret::~Secret() {
    ::explicit_bzero(bytes_.data(), bytes_.size());
    size_ = 0;
}

bool Secret::Matches(std::string_view candidate) const noexcept {
    std::array<char, limits::kSecretBytesMax> padded{};
    std::copy_n(candidate.begin(), std::min(candidate.size(), padded.size()), padded.begin());
    // Volatile, so that the loop is not turned into one that leaves at the first difference.
    volatile unsigned difference = candidate.size() == size_ ? 0 : 1;
    for (std::size_t i = 0; i < padded.size(); ++i) {
        difference = difference | static_cast<unsigned char>(padded[i] ^ bytes_[i]);
    }
    return difference == 0;
}

Result<Secret> ReadSecretFile(const std::filesystem::path& path, std::string_view key) {
    std::array<char, kSecretFileBytesMax + 1> buffer{};
    const Result<std::size_t> size = ReadSecretText(path, key, buffer);
    if (!size) return std::unexpected(size.error());
    Result<Secret> secret = Secret::FromText({buffer.data(), *size}, key);
    ::explicit_bzero(buffer.data(), buffer.size());
    if (!secret) secret.error().detail += fmt::format(" (file \"{}\")", path.string());
    return secret;
}

std::string_view BearerToken(std::string_view authorization) {
    constexpr std::string_view kScheme = "bearer ";
    if (authorization.size() <= kScheme.size()) return {};
    if (!EqualsIgnoringCase(authorization.substr(0, kScheme.size()), kScheme)) return {};
    authorization.remove_prefix(kScheme.size());
    while (authorization.starts_with(' ')) authorization.remove_prefix(1);
    while (authorization.ends_with(' ')) authorization.remove_suffix(1);
    return authorization;
}

}  // namespace coupon
