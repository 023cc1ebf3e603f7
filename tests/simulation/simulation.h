#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/simulation/checker.h"
#include "tests/simulation/coverage.h"
#include "tests/simulation/history.h"
#include "tests/simulation/planted_bugs.h"

namespace coupon::simulation {

struct RunOptions {
    std::uint64_t seed = 0;
    /// On the real file system, where only the lock file lies; shared by runs one after the other.
    std::filesystem::path folder;
    Bug bug = Bug::kNone;
};

struct RunResult {
    History history;
    Stored stored;
    Coverage coverage;
    std::vector<Violation> violations;
    /// The service would not start again, or the rows could not be read: a failure of its own.
    /// Empty if all went well.
    std::string broken;
    std::uint64_t hash = 0;

    bool Failed() const { return !violations.empty() || !broken.empty(); }
};

/// One life of a shop, from the seed alone: clients, an operator, a disk and crashes, then rest,
/// then the checker.
RunResult Run(const RunOptions& options);

/// The first line told of a seed that failed: the commit (TEST_COMMIT, set by what runs the
/// tests) and how to replay it.
std::string FailureTitle(std::uint64_t seed);

}  // namespace coupon::simulation
