#include "apps/ctl/command_line.h"

#include <CLI/App.hpp>
#include <CLI/Error.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "apps/ctl/command_set.h"
#include "apps/ctl/table.h"
#include "common/exit_code.h"

namespace coupon::ctl {
namespace {

constexpr const char* kFooter =
    "Data goes to stdout, messages to stderr. Times are UTC, money is in its smallest unit.\n"
    "Exit codes: 0 done; 1 the answer is no, or a promise does not hold;"
    " 64 wrong input or refused change;\n"
    "65 damaged data; 69 service not available or outcome unknown; 73 cannot write;"
    " 78 token or rights.\n"
    "`couponctl COMMAND --help` has examples.";

std::string Explain(const CLI::App& app, const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    if (!chosen.empty()) return chosen.front()->get_name() + ": " + error.what();
    // CLI11 would only say that a subcommand is missing.
    const std::vector<std::string> unknown = app.remaining();
    return unknown.empty() ? error.what() : Printable("\"" + unknown.front() + "\" is not known");
}

}  // namespace

OrExit<Invocation> ParseArguments(std::span<const char* const> arguments, std::string_view version,
                                  Console console) {
    CLI::App app("Operates a coupon service.", "couponctl");
    app.set_version_flag("--version", "couponctl " + std::string(version));
    app.require_subcommand(1);
    app.footer(kFooter);
    CommandSet commands(app, version);
    try {
        app.parse(static_cast<int>(arguments.size()), arguments.data());
    } catch (const CLI::Success& help) {
        return std::unexpected(app.exit(help, console.out, console.error));
    } catch (const CLI::ParseError& error) {
        console.error << "couponctl: " << Explain(app, error)
                      << "\ncouponctl: see couponctl --help\n";
        return std::unexpected(kExitUsage);
    }
    return commands.Chosen();
}

int RunCouponctl(std::span<const char* const> arguments, std::string_view version,
                 Console console) {
    const OrExit<Invocation> invocation = ParseArguments(arguments, version, console);
    const int code =
        invocation ? invocation->command(invocation->options, console) : invocation.error();
    if (!console.out.flush()) {
        console.error << "couponctl: cannot write to stdout\n";
        return kExitCannotCreate;
    }
    return code;
}

}  // namespace coupon::ctl
