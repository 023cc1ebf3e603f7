#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

#include "common/error.h"

namespace coupon {

/// Reads a file that holds one secret into `buffer`; one newline at its end (LF or CRLF) does not
/// count. The size of the text; a text that fills the whole buffer was too long for it. Blocking.
/// `key` is the configuration key for the errors, all kConfiguration: not there, not a regular
/// file, open to others (mode & 0007), not readable.
Result<std::size_t> ReadSecretText(const std::filesystem::path& path, std::string_view key,
                                   std::span<char> buffer);

}  // namespace coupon
