#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/config.h"

namespace coupon {

/// Parses `---` separated YAML documents. Nested maps and dotted keys mean the same.
/// A document is for one profile when it has `profile: prod` or, as in Spring,
/// `spring.config.activate.on-profile: prod`; else it belongs to the base. An empty value is the
/// empty text. Errors: kConfiguration with file and line: not YAML, a list, a key twice in one
/// document, an unknown profile, too deep, too many. Which keys exist is not known here. Pure; any
/// thread.
Result<std::vector<ConfigDocument>> ParseConfigYaml(std::string_view text,
                                                    std::string_view file_name);

/// Reads and parses a file. Blocking. Errors: kConfiguration, also when it cannot be read or is
/// larger than limits::kConfigFileBytesMax.
Result<std::vector<ConfigDocument>> ReadConfigFile(const std::filesystem::path& path);

}  // namespace coupon
