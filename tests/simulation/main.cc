#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdint>

#include "tests/simulation/simulation.h"
#include "tests/support/temporary_folder.h"

/// The simulation program: runs seeds, prints each failure with what replays it; exit code 1 if
/// there was any.
namespace coupon::simulation {
namespace {

struct Arguments {
    std::uint64_t first_seed = 1;
    std::uint64_t seeds = 1;
    bool verbose = false;
};

void PrintFailure(const RunResult& result, std::uint64_t seed, bool verbose) {
    fmt::print("{}\n", FailureTitle(seed));
    if (!result.broken.empty()) fmt::print("  {}\n", result.broken);
    if (!result.broken.empty() && verbose) fmt::print("{}", Print(result.history, {}, {}));
    for (const Violation& violation : result.violations) {
        fmt::print("  {} coupon {} user {}: {}\n", ToString(violation.promise),
                   violation.coupon.value, violation.user.value, violation.text);
        if (verbose) fmt::print("{}", Print(result.history, violation.coupon, violation.user));
    }
}

int RunSeeds(const Arguments& arguments) {
    const support::TemporaryFolder folder;
    Coverage coverage;
    std::uint64_t failures = 0;
    for (std::uint64_t i = 0; i < arguments.seeds; ++i) {
        const std::uint64_t seed = arguments.first_seed + i;
        const RunResult result = Run({.seed = seed, .folder = folder.Path()});
        coverage.Add(result.coverage);
        if (!result.Failed()) continue;
        ++failures;
        PrintFailure(result, seed, arguments.verbose);
    }
    if (arguments.verbose) {
        for (const auto& line : coverage.Lines()) fmt::print("{:>10} {}\n", line.times, line.name);
    }
    fmt::print("{} seeds from {}: {} failed\n", arguments.seeds, arguments.first_seed, failures);
    return failures == 0 ? 0 : 1;
}

}  // namespace
}  // namespace coupon::simulation

int main(int argc, char** argv) {
    coupon::simulation::Arguments arguments;
    CLI::App app("Seeded simulation of the embedded admission over a disk that fails");
    app.add_option("--seeds", arguments.seeds, "how many seeds to run");
    app.add_option("--first-seed,--seed", arguments.first_seed,
                   "the first of them, or the only one");
    app.add_flag("-v", arguments.verbose,
                 "print histories of failures, and how often what happened");
    CLI11_PARSE(app, argc, argv);
    return coupon::simulation::RunSeeds(arguments);
}
