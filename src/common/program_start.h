#pragma once

#include <expected>
#include <functional>
#include <iosfwd>
#include <span>
#include <string_view>

#include "common/config.h"
#include "common/error.h"

namespace coupon {

/// What the flags of StartProgram need to know about a program.
struct ProgramInfo {
    std::string_view name;         ///< "coupon-api"
    std::string_view version;      ///< "0.1.0"
    std::string_view description;  ///< one line
    ConfigTable table;
    /// Rules between keys, files that must be readable; run before the program starts and by
    /// --check-config.
    std::function<Result<void>(const Config&)> validate = {};
};

/// The first step of every main: flags, help, version, configuration. The configuration, or the
/// exit code with which main should return at once (0 after --help, --version, --print-config-docs
/// and --check-config; 64 usage; 78 configuration), its text already written to `out` or `error`.
/// Blocking (files).
std::expected<Config, int> StartProgram(const ProgramInfo& program,
                                        std::span<const char* const> arguments,
                                        EnvironmentVariables environment, std::ostream& out,
                                        std::ostream& error);

/// A copy of main's third argument (or of `environ`): null-terminated "NAME=value" texts.
EnvironmentVariables CopyEnvironment(const char* const* environment);

}  // namespace coupon
