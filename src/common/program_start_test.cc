#include "common/program_start.h"

#include <gtest/gtest.h>

#include <sstream>

#include "common/config_values.h"
#include "common/exit_code.h"

namespace coupon {
namespace {

ProgramInfo SmallProgram() {
    return {.name = "small",
            .version = "1.2.3",
            .description = "A small program",
            .table = {.program = "small",
                      .options = {{.key = "a.count",
                                   .type = OptionType::kInteger,
                                   .default_text = "1",
                                   .help = "How many"}}},
            .validate = [](const Config& config) -> Result<void> {
                if (config.GetInteger("a.count") != 13) return {};
                return ConfigurationError("a.count", "13 brings bad luck");
            }};
}

/// What one start wrote and returned.
struct Started {
    int code = -1;  ///< -1 = the program goes on
    std::int64_t count = 0;
    std::string out = {};
    std::string error = {};
};

Started Start(std::vector<const char*> arguments, EnvironmentVariables environment = {}) {
    arguments.insert(arguments.begin(), "small");
    std::ostringstream out;
    std::ostringstream error;
    const auto config = StartProgram(SmallProgram(), arguments, std::move(environment), out, error);
    Started started{.out = out.str(), .error = error.str()};
    if (config) {
        started.count = config->GetInteger("a.count");
    } else {
        started.code = config.error();
    }
    return started;
}

TEST(ProgramStart, GoesOnWithTheConfigurationAndSaysNothing) {
    const Started started = Start({"--set", "a.count=7"});
    EXPECT_EQ(started.code, -1);
    EXPECT_EQ(started.count, 7);
    EXPECT_EQ(started.out + started.error, "");
}

TEST(ProgramStart, PrintsHelpWithTheKeysAndTheVersion) {
    const Started help = Start({"--help"});
    EXPECT_EQ(help.code, kExitOk);
    EXPECT_NE(help.out.find("--check-config"), std::string::npos);
    EXPECT_NE(help.out.find("a.count"), std::string::npos);
    EXPECT_EQ(Start({"--version"}).out, "small 1.2.3\n");
}

TEST(ProgramStart, ChecksAndPrintsTheConfiguration) {
    const Started good = Start({"--check-config"}, {{"COUPON_A_COUNT", "5"}});
    EXPECT_EQ(good.code, kExitOk);
    EXPECT_EQ(good.out, "profile = local  # default\na.count = 5  # environment COUPON_A_COUNT\n");
    const Started bad = Start({"--check-config", "--set", "a.count=13"});
    EXPECT_EQ(bad.code, kExitConfiguration);
    EXPECT_EQ(bad.error, "small: a.count: 13 brings bad luck\n");
}

TEST(ProgramStart, PrintsThePageOfItsKeysInsteadOfStarting) {
    const Started docs = Start({"--print-config-docs", "--set", "a.count=13"});
    EXPECT_EQ(docs.code, kExitOk);
    EXPECT_TRUE(docs.out.starts_with("# Configuration of small\n")) << docs.out;
    EXPECT_NE(docs.out.find("| `a.count` |"), std::string::npos);
}

TEST(ProgramStart, TellsUsageFromConfigurationErrors) {
    const Started usage = Start({"--nope"});
    EXPECT_EQ(usage.code, kExitUsage);
    EXPECT_TRUE(usage.error.ends_with("\nsmall: see small --help\n")) << usage.error;
    EXPECT_EQ(Start({"--set", "a.count=x"}).code, kExitConfiguration);
    EXPECT_EQ(Start({"--set", "a.count=13"}).code, kExitConfiguration);
    EXPECT_EQ(Start({"--config", "/nonexistent/x.yaml"}).code, kExitConfiguration);
}

TEST(ProgramStart, CopiesTheEnvironment) {
    const char* const environment[] = {"A=1", "B=", "C=x=y", "odd", nullptr};
    EXPECT_EQ(CopyEnvironment(environment),
              (EnvironmentVariables{{"A", "1"}, {"B", ""}, {"C", "x=y"}}));
    EXPECT_TRUE(CopyEnvironment(nullptr).empty());
}

}  // namespace
}  // namespace coupon
