// Load for a running service, from the command line. The work is done by the library beside it.

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "common/error.h"
#include "common/exit_code.h"
#include "load/class_text.h"
#include "load/report.h"
#include "load/run_load.h"
#include "load/text.h"

namespace {

constexpr const char* kDescription =
    "Sends claims to a running service and tells how long the answers took, from the instant each\n"
    "request was due. Exit code: 0, 1 for more errors than --max-errors, 64, 69, 78.\n"
    "  coupon-load --class hot:coupon=1,rate=40000,connections=256 --class cold:coupon=2,rate=100";
constexpr const char* kClassHelp =
    "NAME[:key=value,...], repeatable. rate=N a second, or "
    "phases=burst:5000+1000-40000:5s+40000:10s;"
    " with neither a closed loop. connections=N (64), coupon=ID[*WEIGHT] or"
    " FIRST..LAST[*WEIGHT] (1; repeatable), users=FIRST.. (1..), FIRST..LAST or repeat:FIRST..LAST";

struct Arguments {
    std::string target = "127.0.0.1:8080";
    std::vector<std::string> classes = {"all"};
    std::string duration = "10s";
    std::string timeout = "10s";
    std::string lateness_max = "1ms";
    std::size_t threads = 1;
    std::size_t idle = 0;
    std::uint64_t max_errors = 0;
    bool json = false;
};

void Declare(CLI::App& app, Arguments& arguments) {
    app.add_option("--target", arguments.target, "Numeric ADDRESS:PORT; nothing is looked up")
        ->capture_default_str();
    app.add_option("--class", arguments.classes, kClassHelp)->capture_default_str();
    app.add_option("--duration", arguments.duration, "Of a rate and of a closed loop")
        ->capture_default_str();
    app.add_option("--timeout", arguments.timeout, "Of a request; an error")->capture_default_str();
    app.add_option("--lateness-max", arguments.lateness_max,
                   "If 1 % of the requests leave later, the generator counts as the limit")
        ->capture_default_str();
    app.add_option("--threads", arguments.threads, "Generator threads")->capture_default_str();
    app.add_option("--idle", arguments.idle, "Further connections that send nothing")
        ->capture_default_str();
    app.add_option("--max-errors", arguments.max_errors, "Errors that still mean exit code 0")
        ->capture_default_str();
    app.add_flag("--json", arguments.json, "One line of JSON instead of the table");
}

coupon::Result<std::chrono::nanoseconds> Duration(const char* field, const std::string& text) {
    const auto duration = coupon::load::ParseDuration(text);
    if (!duration) {
        return coupon::InvalidArgument(
            field, std::string(field) + ": '" + text + "' is none of 250ms, 10s, 2min");
    }
    return *duration;
}

coupon::Result<coupon::load::LoadOptions> OptionsOf(const Arguments& arguments) {
    const auto target = coupon::load::ParseTarget(arguments.target);
    const auto duration = Duration("duration", arguments.duration);
    const auto timeout = Duration("timeout", arguments.timeout);
    const auto lateness = Duration("lateness-max", arguments.lateness_max);
    if (!target) return std::unexpected(target.error());
    for (const auto* one : {&duration, &timeout, &lateness}) {
        if (!*one) return std::unexpected(one->error());
    }
    coupon::load::LoadOptions options{.target = *target,
                                      .classes = {},
                                      .threads = arguments.threads,
                                      .timeout = *timeout,
                                      .idle_connections = arguments.idle,
                                      .lateness_bound = *lateness};
    for (const std::string& text : arguments.classes) {
        auto one = coupon::load::ParseClass(text, *duration, arguments.target);
        if (!one) return std::unexpected(std::move(one.error()));
        options.classes.push_back(std::move(*one));
    }
    return options;
}

int Fail(const coupon::Error& error) {
    std::fprintf(stderr, "coupon-load: %s\n", coupon::Describe(error).c_str());
    return coupon::ExitCodeOf(error);
}

int RunProgram(int count, char** words) {
    Arguments arguments;
    CLI::App app{kDescription};
    Declare(app, arguments);
    try {
        app.parse(count, words);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? coupon::kExitOk : coupon::kExitUsage;
    }
    const auto options = OptionsOf(arguments);
    if (!options) return Fail(options.error());
    const auto result = coupon::load::RunLoad(*options);
    if (!result) return Fail(result.error());
    const std::string report = arguments.json ? coupon::load::ReportJson(*result) + "\n"
                                              : coupon::load::ReportText(*result);
    std::fputs(report.c_str(), stdout);
    return result->Errors() > arguments.max_errors ? coupon::kExitNo : coupon::kExitOk;
}

}  // namespace

int main(int count, char** words) {
    try {
        return RunProgram(count, words);
    } catch (const std::exception& error) {  // no memory, no thread
        std::fprintf(stderr, "coupon-load: %s\n", error.what());
        return coupon::kExitUnavailable;
    }
}
