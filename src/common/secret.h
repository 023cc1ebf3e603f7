#pragma once

#include <array>
#include <cstddef>
#include <filesystem>
#include <string_view>

#include "common/error.h"
#include "common/limits.h"

namespace coupon {

/// A bearer token. It has no way out: it can be compared, not printed or read. Immutable; any
/// thread.
class Secret {
public:
    /// `key` is the configuration key for the error. Errors: kConfiguration, when `text` has fewer
    /// than limits::kSecretBytesMin or more than limits::kSecretBytesMax bytes or one that is not
    /// visible ASCII (0x21 to 0x7E), which no header could carry. The error never holds the text.
    static Result<Secret> FromText(std::string_view text, std::string_view key);

    Secret(const Secret&) = default;
    Secret& operator=(const Secret&) = default;
    ~Secret();  ///< overwrites the memory

    /// In a time that depends on neither text: both are compared as padded buffers of
    /// limits::kSecretBytesMax.
    bool Matches(std::string_view candidate) const noexcept;

private:
    Secret() = default;

    std::array<char, limits::kSecretBytesMax> bytes_{};
    std::size_t size_ = 0;
};

/// Reads a token from a file. Blocking. Errors as ReadSecretText and Secret::FromText.
Result<Secret> ReadSecretFile(const std::filesystem::path& path, std::string_view key);

/// The token of an Authorization header, "Bearer <token>" (the scheme in any case); empty when
/// there is none.
std::string_view BearerToken(std::string_view authorization);

}  // namespace coupon
