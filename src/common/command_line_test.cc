#include "common/command_line.h"

#include <gtest/gtest.h>

#include "common/exit_code.h"

namespace coupon {
namespace {

Result<CommandLine> Parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "coupon-api");
    return ParseCommandLine(arguments);
}

TEST(CommandLine, HasNothingSetByDefault) {
    const Result<CommandLine> line = Parse({});
    ASSERT_TRUE(line);
    EXPECT_FALSE(line->config_file || line->profile || line->help || line->version);
    EXPECT_FALSE(line->check_config);
    EXPECT_TRUE(line->sets.empty());
}

TEST(CommandLine, ReadsEveryFlag) {
    const Result<CommandLine> line = Parse({"--config", "a.yaml", "--profile=prod", "--set", "a=1",
                                            "--check-config", "--set=b=x=y", "--set", "c="});
    ASSERT_TRUE(line) << line.error().detail;
    EXPECT_EQ(line->config_file, "a.yaml");
    EXPECT_EQ(line->profile, "prod");
    EXPECT_EQ(line->sets, (std::vector<std::string>{"a=1", "b=x=y", "c="}));
    EXPECT_TRUE(line->check_config);
}

TEST(CommandLine, TakesTextsAsTheyAre) {
    const Result<CommandLine> line =
        Parse({"--set", "a=[1,2]", "--set", "b=x, y", "--set", "c=\"q\""});
    ASSERT_TRUE(line) << line.error().detail;
    EXPECT_EQ(line->sets, (std::vector<std::string>{"a=[1,2]", "b=x, y", "c=\"q\""}));
}

TEST(CommandLine, HelpAndVersionAreFlagsLikeOthers) {
    EXPECT_TRUE(Parse({"--help"})->help);
    EXPECT_TRUE(Parse({"-h"})->help);
    EXPECT_TRUE(Parse({"--version"})->version);
}

TEST(CommandLine, RefusesWhatItDoesNotKnowWithTheUsageCode) {
    for (const std::vector<const char*>& arguments :
         std::initializer_list<std::vector<const char*>>{{"--nope"},
                                                         {"word"},
                                                         {"--config"},
                                                         {"--set"},
                                                         {"--set", "a=1", "b=2"},
                                                         {"--profile", "a", "--profile", "b"},
                                                         {"--check-config=maybe"}}) {
        const Result<CommandLine> line = Parse(arguments);
        ASSERT_FALSE(line) << arguments.front();
        EXPECT_EQ(ExitCodeOf(line.error()), kExitUsage);
        EXPECT_FALSE(line.error().detail.empty());
    }
}

TEST(CommandLine, HelpNamesEveryFlag) {
    const std::string help = CommandLineHelp("coupon-api", "Gives out coupons");
    for (const char* flag :
         {"coupon-api", "Gives out coupons", "--config FILE", "--profile NAME", "--set KEY=VALUE",
          "--check-config", "--print-config-docs", "--version", "--help"}) {
        EXPECT_NE(help.find(flag), std::string::npos) << flag << "\n" << help;
    }
}

}  // namespace
}  // namespace coupon
