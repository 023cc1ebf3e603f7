#include "common/config_docs.h"

#include <fmt/format.h>

#include <string_view>

#include "common/config_values.h"

namespace coupon {
namespace {

std::string_view DefaultOf(const ConfigOption& option) {
    return option.default_text.empty() ? std::string_view("none") : option.default_text;
}

/// "8080" or "127.0.0.1; prod: 0.0.0.0".
std::string Defaults(const ConfigOption& option) {
    std::string text(DefaultOf(option));
    for (const ProfileDefault& other : option.profile_defaults) {
        text += fmt::format("; {}: {}", ToString(other.profile), other.text);
    }
    return text;
}

constexpr std::string_view kSources =
    "Values come from, the strongest first:\n\n"
    "1. `--set key=value`, repeatable; the last one of a key wins;\n"
    "2. the environment: `COUPON_` and the key in upper case, dots and dashes as underscores\n"
    "   (`COUPON_SERVER_PORT` for `server.port`);"
    " a `COUPON_` variable that is no key is an error;\n"
    "3. the documents of the active profile in the YAML file (`--config`, or `COUPON_CONFIG`);\n"
    "4. its base documents, which name no profile;\n"
    "5. the default of the profile, else the default.\n\n"
    "Documents of the file are separated by `---`;"
    " one belongs to a profile when it has `profile: prod` or\n"
    "`spring.config.activate.on-profile: prod`."
    " The active profile is `--profile`, or `COUPON_PROFILE`, or\n"
    "`local`. Nested and dotted keys mean the same."
    " An unknown key is an error, in every document.\n\n"
    "Durations are `250ms`, `5s`, `30min`, `12h`, `7d`;"
    " sizes are `4096`, `64KiB`, `16MiB`, `1GiB`.\n"
    "`--check-config` prints the effective values with where each came from, and checks them.\n"
    "A wrong configuration ends the program with exit code 78, a wrong flag with 64.\n\n";

}  // namespace

std::string ConfigHelp(const ConfigTable& table) {
    std::string text = "Configuration keys (--set, COUPON_..., --config):\n";
    for (const ConfigOption& option : table.options) {
        text += fmt::format("  {}\n      {}\n      {}; default: {}\n", option.key, option.help,
                            AllowedValues(option), Defaults(option));
    }
    return text;
}

std::string ConfigMarkdown(const ConfigTable& table) {
    std::string text = fmt::format("# Configuration of {}\n\n", table.program);
    text += "Generated from the program's table of options (ConfigMarkdown). Do not edit.\n\n";
    text += kSources;
    text += "| key | default | allowed | meaning |\n|---|---|---|---|\n";
    for (const ConfigOption& option : table.options) {
        text += fmt::format("| `{}` | {} | {} | {} |\n", option.key, Defaults(option),
                            AllowedValues(option), option.help);
    }
    return text;
}

}  // namespace coupon
