#include "common/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <memory>

namespace coupon {
namespace {

/// Ties the flags to `line`, which must outlive the parser. Help and version are plain flags here,
/// so that CLI11 neither prints nor throws for them.
void AddFlags(CLI::App& app, CommandLine& line) {
    app.set_help_flag();
    app.add_option("--config", line.config_file, "YAML file, `---` separated profile documents")
        ->type_name("FILE");
    app.add_option("--profile", line.profile, "The active profile: local (default), test or prod")
        ->type_name("NAME");
    app.add_option("--set", line.sets, "Set one configuration key; repeatable, the last one wins")
        ->type_name("KEY=VALUE")
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    app.add_flag("--check-config", line.check_config,
                 "Check and print the effective configuration");
    app.add_flag("--print-config-docs", line.print_config_docs,
                 "Print the page of every configuration key (docs/configuration.md)");
    app.add_flag("--version", line.version, "Print the version");
    app.add_flag("-h,--help", line.help, "Print this text and every configuration key");
}

}  // namespace

Result<CommandLine> ParseCommandLine(std::span<const char* const> arguments) {
    CommandLine line;
    try {
        CLI::App app;
        AddFlags(app, line);
        app.parse(static_cast<int>(arguments.size()), arguments.data());
    } catch (const std::exception& error) {  // CLI::ParseError
        return InvalidArgument("command line", error.what());
    }
    return line;
}

std::string CommandLineHelp(std::string_view program, std::string_view description) {
    CommandLine line;
    CLI::App app{std::string(description), std::string(program)};
    AddFlags(app, line);
    return app.help();
}

}  // namespace coupon
