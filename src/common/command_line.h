#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/error.h"

namespace coupon {

/// The flags every program of ours takes.
struct CommandLine {
    std::optional<std::string> config_file;  ///< --config FILE
    std::optional<std::string> profile;      ///< --profile local|test|prod, not checked here
    std::vector<std::string> sets;           ///< --set key=value, repeatable
    bool help = false;
    bool version = false;
    bool check_config = false;
    bool print_config_docs = false;
};

/// `arguments` is argv with argv[0]. Errors: kInvalidArgument (exit code 64), a flag or argument
/// nobody knows or one that lacks its value. Pure; any thread.
Result<CommandLine> ParseCommandLine(std::span<const char* const> arguments);

/// Usage and the shared flags, for `--help`. Pure; any thread.
std::string CommandLineHelp(std::string_view program, std::string_view description);

}  // namespace coupon
