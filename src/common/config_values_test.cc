#include "common/config_values.h"

#include <gtest/gtest.h>

namespace coupon {
namespace {

using std::chrono::milliseconds;

std::optional<std::int64_t> Parse(OptionType type, std::string_view text) {
    return ParseConfigValue({.key = "k", .type = type, .help = "h"}, text);
}

TEST(ConfigValues, DurationsHaveUnits) {
    EXPECT_EQ(Parse(OptionType::kDuration, "250ms"), 250);
    EXPECT_EQ(Parse(OptionType::kDuration, "5s"), 5'000);
    EXPECT_EQ(Parse(OptionType::kDuration, "30min"), 1'800'000);
    EXPECT_EQ(Parse(OptionType::kDuration, "2h"), 7'200'000);
    EXPECT_EQ(Parse(OptionType::kDuration, "1d"), 86'400'000);
    EXPECT_EQ(Parse(OptionType::kDuration, "0"), 0);
    for (const std::string_view text :
         {"", "5", "s", "5 s", "5m", "-5s", "1.5s", "5S", "5s5s", "0x5s", "+5s",
          "9223372036854775807s", "18446744073709552s", "99999999999999999999ms"}) {
        EXPECT_FALSE(Parse(OptionType::kDuration, text)) << text;
    }
}

TEST(ConfigValues, BytesArePlainOrHaveBinaryUnits) {
    EXPECT_EQ(Parse(OptionType::kBytes, "4096"), 4096);
    EXPECT_EQ(Parse(OptionType::kBytes, "64KiB"), 65'536);
    EXPECT_EQ(Parse(OptionType::kBytes, "16MiB"), 16'777'216);
    EXPECT_EQ(Parse(OptionType::kBytes, "1GiB"), 1'073'741'824);
    for (const std::string_view text : {"", "KiB", "64KB", "64kib", "64 KiB", "-1", "1.5MiB",
                                        "9223372036854775807KiB", "18014398509481985KiB"}) {
        EXPECT_FALSE(Parse(OptionType::kBytes, text)) << text;
    }
}

TEST(ConfigValues, IntegersAreDecimalAndInRange) {
    const ConfigOption port = {
        .key = "k", .type = OptionType::kInteger, .max = 65'535, .help = "h"};
    EXPECT_EQ(ParseConfigValue(port, "0"), 0);
    EXPECT_EQ(ParseConfigValue(port, "65535"), 65'535);
    for (const std::string_view text :
         {"65536", "-1", "", "0x10", "1e3", "80 ", " 80", "1.0", "99999999999999999999"}) {
        EXPECT_FALSE(ParseConfigValue(port, text)) << text;
    }
}

TEST(ConfigValues, BoolsAreTrueOrFalse) {
    EXPECT_EQ(Parse(OptionType::kBool, "true"), 1);
    EXPECT_EQ(Parse(OptionType::kBool, "false"), 0);
    for (const std::string_view text : {"", "yes", "on", "1", "True"}) {
        EXPECT_FALSE(Parse(OptionType::kBool, text)) << text;
    }
}

TEST(ConfigValues, AnEmptyTextNeedsAnOptionWithoutDefault) {
    EXPECT_TRUE(Parse(OptionType::kPath, ""));
    const ConfigOption folder = {
        .key = "k", .type = OptionType::kPath, .default_text = "./data", .help = "h"};
    EXPECT_FALSE(ParseConfigValue(folder, ""));
    EXPECT_FALSE(ParseConfigValue(folder, std::string_view("a\0b", 3)));
}

TEST(ConfigValues, SayWhatIsAllowed) {
    EXPECT_EQ(AllowedValues({.key = "k",
                             .type = OptionType::kInteger,
                             .unit = "connections",
                             .min = 1,
                             .max = 9,
                             .help = "h"}),
              "integer of connections from 1 to 9");
    EXPECT_EQ(AllowedValues({.key = "k",
                             .type = OptionType::kEnum,
                             .choices = {"a", "b"},
                             .help = "h",
                             .note = "c comes later"}),
              "one of a, b (c comes later)");
    EXPECT_EQ(
        AllowedValues({.key = "k", .type = OptionType::kDuration, .max = 60'000, .help = "h"}),
        "duration from 0s to 1min, with a unit of ms, s, min, h or d");
}

TEST(ConfigValues, AreWrittenInTheLargestWholeUnit) {
    EXPECT_EQ(FormatConfigDuration(milliseconds(0)), "0s");
    EXPECT_EQ(FormatConfigDuration(milliseconds(1'500)), "1500ms");
    EXPECT_EQ(FormatConfigDuration(milliseconds(90'000)), "90s");
    EXPECT_EQ(FormatConfigDuration(milliseconds(3'600'000)), "1h");
    EXPECT_EQ(FormatConfigBytes(0), "0");
    EXPECT_EQ(FormatConfigBytes(4096), "4KiB");
    EXPECT_EQ(FormatConfigBytes(4097), "4097");
}

TEST(ConfigValues, EnvironmentNamesAreUpperCaseWithUnderscores) {
    EXPECT_EQ(EnvironmentNameOf("server.port"), "COUPON_SERVER_PORT");
    EXPECT_EQ(EnvironmentNameOf("server.max_connections"), "COUPON_SERVER_MAX_CONNECTIONS");
    EXPECT_EQ(EnvironmentNameOf("a-b.c"), "COUPON_A_B_C");
}

}  // namespace
}  // namespace coupon
