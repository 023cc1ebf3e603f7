#pragma once

#include <vector>

#include "common/config.h"
#include "common/log.h"

namespace coupon {

/// The keys log.level and log.format, the same in every program. Immutable once made.
struct LogSettings {
    LogLevel level = LogLevel::kInfo;
    LogFormatChoice format = LogFormatChoice::kAuto;

    static std::vector<ConfigOption> Table();
    static LogSettings FromConfig(const Config& config);
};

}  // namespace coupon
