#include "common/program_start.h"

#include <fmt/format.h>

#include <ostream>
#include <string>
#include <utility>

#include "common/command_line.h"
#include "common/config_docs.h"
#include "common/exit_code.h"

namespace coupon {
namespace {

int Fail(const ProgramInfo& program, const Error& failure, std::ostream& error) {
    error << fmt::format("{}: {}\n", program.name, failure.detail);
    if (failure.code == ErrorCode::kInvalidArgument) {
        error << fmt::format("{0}: see {0} --help\n", program.name);
    }
    error.flush();
    return ExitCodeOf(failure);
}

}  // namespace

std::expected<Config, int> StartProgram(const ProgramInfo& program,
                                        std::span<const char* const> arguments,
                                        EnvironmentVariables environment, std::ostream& out,
                                        std::ostream& error) {
    const Result<CommandLine> line = ParseCommandLine(arguments);
    if (!line) return std::unexpected(Fail(program, line.error(), error));
    if (line->help) {
        out << CommandLineHelp(program.name, program.description) << '\n'
            << ConfigHelp(program.table) << std::flush;
        return std::unexpected(kExitOk);
    }
    if (line->print_config_docs) {
        out << ConfigMarkdown(program.table) << std::flush;
        return std::unexpected(kExitOk);
    }
    if (line->version) {
        out << fmt::format("{} {}\n", program.name, program.version) << std::flush;
        return std::unexpected(kExitOk);
    }
    Result<Config> config = Config::Load(program.table, {.file = line->config_file,
                                                         .profile = line->profile,
                                                         .sets = line->sets,
                                                         .environment = std::move(environment)});
    if (!config) return std::unexpected(Fail(program, config.error(), error));
    // Printed before the rules between keys are tried: with the values in sight their error is
    // easier to read.
    if (line->check_config) out << config->Describe() << std::flush;
    if (program.validate) {
        if (auto ok = program.validate(*config); !ok) {
            return std::unexpected(Fail(program, ok.error(), error));
        }
    }
    if (line->check_config) return std::unexpected(kExitOk);
    return std::move(*config);
}

EnvironmentVariables CopyEnvironment(const char* const* environment) {
    EnvironmentVariables variables;
    for (; environment != nullptr && *environment != nullptr; ++environment) {
        const std::string_view text = *environment;
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    }
    return variables;
}

}  // namespace coupon
