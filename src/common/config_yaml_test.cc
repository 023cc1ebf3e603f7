#include "common/config_yaml.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "common/limits.h"
#include "tests/support/temporary_folder.h"

namespace coupon {
namespace {

/// "key=text@origin" of every setting.
std::vector<std::string> Settings(const ConfigDocument& document) {
    std::vector<std::string> all;
    for (const ConfigSetting& setting : document.settings) {
        all.push_back(setting.key + "=" + setting.text + "@" + setting.origin);
    }
    return all;
}

std::string Refusal(std::string_view text) {
    const auto documents = ParseConfigYaml(text, "f.yaml");
    if (documents) return "";
    EXPECT_EQ(documents.error().code, ErrorCode::kConfiguration);
    return documents.error().detail;
}

TEST(ConfigYaml, ReadsNestedAndDottedKeysWithTheirLines) {
    const auto documents = ParseConfigYaml(
        "server:\n  port: 8081\n  address: \"::1\"\nlog.level: debug\noperator.token_file:\n",
        "f.yaml");
    ASSERT_TRUE(documents) << documents.error().detail;
    ASSERT_EQ(documents->size(), 1U);
    EXPECT_FALSE(documents->front().profile);
    EXPECT_EQ(
        Settings(documents->front()),
        (std::vector<std::string>{"server.port=8081@f.yaml:2", "server.address=::1@f.yaml:3",
                                  "log.level=debug@f.yaml:4", "operator.token_file=@f.yaml:5"}));
}

TEST(ConfigYaml, SelectsProfilesByEitherKey) {
    const auto documents = ParseConfigYaml(
        "a: 1\n---\nprofile: prod\na: 2\n---\nspring:\n  config:\n    activate:\n"
        "      on-profile: test\na: 3\n---\nspring.config.activate.on-profile: local\n",
        "f.yaml");
    ASSERT_TRUE(documents) << documents.error().detail;
    ASSERT_EQ(documents->size(), 4U);
    EXPECT_EQ((*documents)[0].profile, std::nullopt);
    EXPECT_EQ((*documents)[1].profile, Profile::kProd);
    EXPECT_EQ((*documents)[2].profile, Profile::kTest);
    EXPECT_EQ((*documents)[3].profile, Profile::kLocal);
    EXPECT_EQ(Settings((*documents)[2]), std::vector<std::string>{"a=3@f.yaml:10"});
}

TEST(ConfigYaml, TakesAnEmptyFileAndEmptyDocuments) {
    EXPECT_EQ(Refusal(""), "");
    EXPECT_EQ(Refusal("# only words\n"), "");
    EXPECT_EQ(Refusal("---\n---\na: 1\n"), "");
}

TEST(ConfigYaml, NamesFileAndLineOfWhatItRefuses) {
    EXPECT_NE(Refusal("a: 1\nb: [1, 2]\n").find("b: a list is no value of any key (f.yaml:2)"),
              std::string::npos);
    EXPECT_NE(Refusal("a: 1\n\na: 2\n").find("a: stands twice in one document (f.yaml:3)"),
              std::string::npos);
    EXPECT_NE(Refusal("a:\n  b: 1\na.b: 2\n").find("a.b: stands twice"), std::string::npos);
    EXPECT_NE(Refusal("profile: live\n").find("\"live\" is no profile; allowed: local, test, prod"),
              std::string::npos);
    EXPECT_NE(Refusal("just words\n").find("must be a map"), std::string::npos);
    EXPECT_NE(Refusal("a: 1\nb: {\n").find("not YAML"), std::string::npos);
    EXPECT_NE(
        Refusal("profile: prod\nspring.config.activate.on-profile: test\n").find("two profiles"),
        std::string::npos);
}

TEST(ConfigYaml, BoundsDepthAndNumberOfKeys) {
    const auto deep = [](std::size_t levels) {
        std::string text;
        for (std::size_t i = 0; i < levels; ++i) text += std::string(i, ' ') + "a:\n";
        text.insert(text.size() - 1, " 1");
        return text;
    };
    EXPECT_EQ(Refusal(deep(limits::kConfigDepthMax)), "");
    EXPECT_NE(Refusal(deep(limits::kConfigDepthMax + 1)).find("nested deeper"), std::string::npos);
    std::string wide;
    for (std::size_t i = 0; i < limits::kConfigSettingsMax; ++i) {
        wide += "k" + std::to_string(i) + ": 1\n";
    }
    EXPECT_EQ(Refusal(wide), "");
    EXPECT_NE(Refusal(wide + "more: 1\n").find("more than 4096 keys"), std::string::npos);
}

TEST(ConfigYaml, BoundsWhatAliasesMakeOfASmallFile) {
    // Each level stands ten times in the next and the innermost is empty: no value, 10^11 maps.
    std::string text = "k0: &k0 {}\n";
    for (int level = 1; level <= 11; ++level) {
        const std::string below = "*k" + std::to_string(level - 1);
        text += fmt::format(
            "k{0}: &k{0} {{a: {1}, b: {1}, c: {1}, d: {1}, e: {1}, f: {1}, g: {1}, "
            "h: {1}, i: {1}, j: {1}}}\n",
            level, below);
    }
    EXPECT_NE(Refusal(text).find("more than 4096 keys"), std::string::npos);
}

TEST(ConfigYaml, RefusesFilesThatAreAbsentOrTooLarge) {
    const support::TemporaryFolder folder;
    EXPECT_TRUE(ReadConfigFile(folder.Write("ok.yaml", "a: 1\n")));
    EXPECT_FALSE(ReadConfigFile(folder.Path() / "absent.yaml"));
    EXPECT_FALSE(ReadConfigFile(folder.Path()));
    const std::string full(limits::kConfigFileBytesMax, '#');
    EXPECT_TRUE(ReadConfigFile(folder.Write("full.yaml", full)));
    const auto large = ReadConfigFile(folder.Write("large.yaml", full + "#"));
    ASSERT_FALSE(large);
    EXPECT_NE(large.error().detail.find("larger than 1MiB"), std::string::npos);
}

}  // namespace
}  // namespace coupon
