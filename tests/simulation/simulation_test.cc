#include "tests/simulation/simulation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"

namespace coupon::simulation {
namespace {

constexpr std::uint64_t kSeeds = 500;

std::string Describe(const RunResult& result, std::uint64_t seed) {
    std::string text = fmt::format("{}\n{}", FailureTitle(seed), result.broken);
    for (const Violation& violation : result.violations) {
        text += fmt::format("\n{} coupon {} user {}: {}", ToString(violation.promise),
                            violation.coupon.value, violation.user.value, violation.text);
    }
    return text;
}

class SimulationTest : public testing::Test {
protected:
    RunResult RunSeed(std::uint64_t seed, Bug bug = Bug::kNone) {
        return simulation::Run({.seed = seed, .folder = folder_.Path(), .bug = bug});
    }

    /// Whether the checker sees `promise` broken on one of the seeds.
    bool Catches(Bug bug, Promise promise) {
        for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
            for (const Violation& violation : RunSeed(seed, bug).violations) {
                if (violation.promise == promise) return true;
            }
        }
        return false;
    }

    support::TemporaryFolder folder_;
};

TEST_F(SimulationTest, KeepsEveryPromiseAndMeetsEveryFaultOver500Seeds) {
    Coverage coverage;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
        const RunResult result = RunSeed(seed);
        EXPECT_FALSE(result.Failed()) << Describe(result, seed);
        coverage.Add(result.coverage);
    }
    for (const auto& line : coverage.Lines()) EXPECT_GT(line.times, 0U) << line.name;
}

TEST_F(SimulationTest, TellsAFailureWithItsSeedAndCommit) {
    const char* const now = std::getenv("TEST_COMMIT");
    const std::string commit = now != nullptr ? now : "unknown (set TEST_COMMIT)";
    EXPECT_EQ(FailureTitle(7),
              "seed 7 FAILED at commit " + commit + "; replay: tests/simulation/run --seed 7 -v");
}

TEST_F(SimulationTest, GivesTheSameHistoryForTheSameSeed) {
    std::set<std::uint64_t> different;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const std::uint64_t hash = RunSeed(seed).hash;
        EXPECT_EQ(RunSeed(seed).hash, hash) << "seed " << seed;
        different.insert(hash);
    }
    EXPECT_EQ(different.size(), 5U);
}

TEST_F(SimulationTest, CatchesADiskThatDropsSyncs) {
    EXPECT_TRUE(Catches(Bug::kSyncsDropped, Promise::kNoLostYes));
}

TEST_F(SimulationTest, CatchesAYesBeforeTheWrite) {
    EXPECT_TRUE(Catches(Bug::kYesBeforeWrite, Promise::kNoLostYes));
}

TEST_F(SimulationTest, CatchesARefusalBeforeTheWrite) {
    EXPECT_TRUE(Catches(Bug::kRefusalBeforeWrite, Promise::kFirstComeFirst));
    EXPECT_TRUE(Catches(Bug::kRefusalBeforeWrite, Promise::kHonestUncertainty));
}

TEST_F(SimulationTest, CatchesHoldersForgottenByAStart) {
    EXPECT_TRUE(Catches(Bug::kHoldersForgotten, Promise::kOnePerUser));
    EXPECT_TRUE(Catches(Bug::kHoldersForgotten, Promise::kHonestUncertainty));
}

TEST_F(SimulationTest, CatchesACounterThatIsOneTooLow) {
    EXPECT_TRUE(Catches(Bug::kOneTooMany, Promise::kNoOversell));
}

TEST_F(SimulationTest, CatchesACounterThatIsOneTooHigh) {
    EXPECT_TRUE(Catches(Bug::kOneTooFew, Promise::kNoSilentUndersell));
}

TEST_F(SimulationTest, CatchesSoldOutPublishedBeforeTheCommit) {
    EXPECT_TRUE(Catches(Bug::kSoldOutBeforeCommit, Promise::kFirstComeFirst));
}

TEST_F(SimulationTest, CatchesSoldOutToldToAWinner) {
    EXPECT_TRUE(Catches(Bug::kSoldOutToWinner, Promise::kHonestUncertainty));
}

TEST_F(SimulationTest, CatchesAnEngineAheadOfTheDiskAfterAFailedCommit) {
    EXPECT_TRUE(Catches(Bug::kCommitDespiteFailure, Promise::kHonestUncertainty));
}

TEST_F(SimulationTest, CatchesAYesAfterAFailedWrite) {
    EXPECT_TRUE(Catches(Bug::kYesDespiteFailure, Promise::kNoLostYes));
    EXPECT_TRUE(Catches(Bug::kYesDespiteFailure, Promise::kFailClosed));
}

}  // namespace
}  // namespace coupon::simulation
