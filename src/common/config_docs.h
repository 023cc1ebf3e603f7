#pragma once

#include <string>

#include "common/config.h"

namespace coupon {

/// The part of `--help` that lists the configuration keys. Pure; any thread.
std::string ConfigHelp(const ConfigTable& table);

/// docs/configuration.md as a whole, from the table. Pure; any thread.
std::string ConfigMarkdown(const ConfigTable& table);

}  // namespace coupon
