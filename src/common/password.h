#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "common/error.h"

namespace coupon {

/// A password that this program says to another service: unlike a Secret it can be read, by whoever
/// logs in with it, and has any length. It is neither printed nor part of an error. Immutable; any
/// thread.
class Password {
public:
    /// `key` is the configuration key for the error. Errors: kConfiguration, when `text` is empty,
    /// longer than limits::kSecretBytesMax or has a control byte. The error never holds the text.
    static Result<Password> FromText(std::string_view text, std::string_view key);

    Password(const Password&) = default;
    Password& operator=(const Password&) = default;
    ~Password();  ///< overwrites the memory

    /// Ends in a zero byte. Valid as long as the object.
    const char* Reveal() const { return text_.c_str(); }

private:
    explicit Password(std::string_view text) : text_(text) {}

    std::string text_;
};

/// Reads a password from a file. Blocking. Errors as ReadSecretText and Password::FromText.
Result<Password> ReadPasswordFile(const std::filesystem::path& path, std::string_view key);

}  // namespace coupon
