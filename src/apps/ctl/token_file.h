#pragma once

#include <filesystem>
#include <string>

#include "common/error.h"

namespace coupon::ctl {

/// The bearer token in a file, under the server's own rules (see ReadSecretFile): a regular file,
/// closed to others, 32 to 256 visible characters. Blocking. Errors: kConfiguration, field
/// "--token-file"; never the token.
Result<std::string> ReadTokenFile(const std::filesystem::path& path);

}  // namespace coupon::ctl
