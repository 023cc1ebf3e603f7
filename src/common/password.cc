#include "common/password.h"

#include <fmt/format.h>
#include <string.h>  // explicit_bzero

#include <algorithm>
#include <array>

#include "common/config_values.h"
#include "common/limits.h"
#include "common/secret_file.h"

namespace coupon {

Result<Password> Password::FromText(std::string_view text, std::string_view key) {
    if (text.empty() || text.size() > limits::kSecretBytesMax) {
        return ConfigurationError(std::string(key),
                                  fmt::format("the password has {} bytes; allowed: 1 to {}",
                                              text.size(), limits::kSecretBytesMax));
    }
    const auto is_control = [](unsigned char byte) { return byte < 0x20 || byte == 0x7F; };
    if (std::ranges::any_of(text, is_control)) {
        return ConfigurationError(std::string(key), "the password has a control character");
    }
    return Password(text);
}

Password::~Password() { ::explicit_bzero(text_.data(), text_.size()); }

Result<Password> ReadPasswordFile(const std::filesystem::path& path, std::string_view key) {
    // Room for a line end of two bytes, and one byte more, which proves the file too long.
    std::array<char, limits::kSecretBytesMax + 3> buffer{};
    const Result<std::size_t> size = ReadSecretText(path, key, buffer);
    if (!size) return std::unexpected(size.error());
    Result<Password> password = Password::FromText({buffer.data(), *size}, key);
    ::explicit_bzero(buffer.data(), buffer.size());
    if (!password) password.error().detail += fmt::format(" (file \"{}\")", path.string());
    return password;
}

}  // namespace coupon
