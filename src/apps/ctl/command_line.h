#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "apps/ctl/session.h"

namespace coupon::ctl {

/// What the words on the command line ask for, checked as far as that goes without the service.
struct Invocation {
    GlobalOptions options;
    /// Returns the exit code.
    std::function<int(const GlobalOptions&, Console)> command;
};

/// `arguments` is argv with argv[0]. The exit code after --help and --version (0, text on
/// `console.out`) and for words that mean nothing (64, explained on `console.error`). Sends and
/// reads nothing.
OrExit<Invocation> ParseArguments(std::span<const char* const> arguments, std::string_view version,
                                  Console console);

/// The whole program behind main: parses, runs, flushes. Returns the exit code.
int RunCouponctl(std::span<const char* const> arguments, std::string_view version, Console console);

}  // namespace coupon::ctl
