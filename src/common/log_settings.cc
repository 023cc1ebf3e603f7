#include "common/log_settings.h"

#include "common/check.h"

namespace coupon {

std::vector<ConfigOption> LogSettings::Table() {
    return {
        {.key = "log.level",
         .type = OptionType::kEnum,
         .default_text = "info",
         .choices = {"debug", "info", "warning", "error"},
         .help = "The least level that is written"},
        {.key = "log.format",
         .type = OptionType::kEnum,
         .default_text = "auto",
         .choices = {"auto", "text", "json"},
         .profile_defaults = {{Profile::kProd, "json"}},
         .help = "text goes to stderr, json lines to stdout; auto = text on a terminal, else json"},
    };
}

LogSettings LogSettings::FromConfig(const Config& config) {
    const auto level = ParseLogLevel(config.GetEnum("log.level"));
    const auto format = ParseLogFormatChoice(config.GetEnum("log.format"));
    CHECK(level && format);  // the table knows no other words
    return {.level = *level, .format = *format};
}

}  // namespace coupon
