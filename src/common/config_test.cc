#include "common/config.h"

#include <gtest/gtest.h>

#include <string>

#include "common/config_docs.h"
#include "tests/support/temporary_folder.h"

namespace coupon {
namespace {

using std::chrono::milliseconds;

ConfigTable SmallTable() {
    return {
        .program = "small",
        .options = {
            {.key = "server.port",
             .type = OptionType::kInteger,
             .default_text = "8080",
             .max = 65'535,
             .profile_defaults = {{Profile::kProd, "80"}},
             .help = "Port"},
            {.key = "a.wait", .type = OptionType::kDuration, .default_text = "5s", .help = "Wait"},
            {.key = "a.size", .type = OptionType::kBytes, .default_text = "64KiB", .help = "Size"},
            {.key = "a.flag", .type = OptionType::kBool, .default_text = "false", .help = "Flag"},
            {.key = "a.mode",
             .type = OptionType::kEnum,
             .default_text = "x",
             .choices = {"x", "y"},
             .help = "Mode"},
            {.key = "a.url", .secret = true, .help = "Url"},
            {.key = "a.file", .type = OptionType::kSecretFile, .help = "File"},
        }};
}

Result<Config> Load(ConfigSources sources) { return Config::Load(SmallTable(), sources); }

std::string Refusal(ConfigSources sources) {
    const Result<Config> config = Load(std::move(sources));
    if (config) return "";
    EXPECT_EQ(config.error().code, ErrorCode::kConfiguration);
    return config.error().detail;
}

TEST(Config, HasTypedDefaults) {
    const Result<Config> config = Load({});
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->ActiveProfile(), Profile::kLocal);
    EXPECT_EQ(config->GetInteger("server.port"), 8080);
    EXPECT_EQ(config->GetDuration("a.wait"), milliseconds(5000));
    EXPECT_EQ(config->GetBytes("a.size"), 65'536);
    EXPECT_FALSE(config->GetBool("a.flag"));
    EXPECT_EQ(config->GetEnum("a.mode"), "x");
    EXPECT_EQ(config->GetString("a.url"), "");
    EXPECT_TRUE(config->GetPath("a.file").empty());
    EXPECT_EQ(config->OriginOf("server.port"), "default");
}

TEST(Config, TakesEachSourceBeforeTheWeakerOnes) {
    const support::TemporaryFolder folder;
    // The profile's document stands before the base on purpose: order in the file does not count.
    const std::string file =
        folder.Write("f.yaml", "profile: prod\nserver.port: 3\n---\nserver.port: 2\n").string();
    const EnvironmentVariables port = {{"COUPON_SERVER_PORT", "4"}};
    const auto check = [](const ConfigSources& sources, std::int64_t value, std::string origin) {
        const Result<Config> config = Load(sources);
        ASSERT_TRUE(config) << config.error().detail;
        EXPECT_EQ(config->GetInteger("server.port"), value);
        EXPECT_EQ(config->OriginOf("server.port"), origin);
    };
    check({}, 8080, "default");
    check({.profile = "prod"}, 80, "profile default");
    check({.file = file}, 2, file + ":4");
    check({.file = file, .profile = "prod"}, 3, file + ":2");
    check({.file = file, .profile = "prod", .environment = port}, 4,
          "environment COUPON_SERVER_PORT");
    check({.file = file,
           .profile = "prod",
           .sets = {"server.port=9", "server.port=5"},
           .environment = port},
          5, "--set");
}

TEST(Config, NamesTheSettingThatKeepsKubernetesVariablesAway) {
    const auto error_of = [](std::string name) {
        const Result<Config> config =
            Load({.environment = {{std::move(name), "tcp://10.0.0.1:80"}}});
        return config ? std::string() : config.error().detail;
    };
    for (const char* const name :
         {"COUPON_API_PORT", "COUPON_API_SERVICE_HOST", "COUPON_API_PORT_80_TCP_PROTO"}) {
        EXPECT_NE(error_of(name).find("enableServiceLinks: false"), std::string::npos) << name;
    }
    EXPECT_EQ(error_of("COUPON_TYPING_EROR").find("enableServiceLinks"), std::string::npos);
}

TEST(Config, TakesNothingFromDocumentsOfOtherProfiles) {
    const support::TemporaryFolder folder;
    const std::string file =
        folder.Write("f.yaml", "a.mode: x\n---\nprofile: prod\nserver.port: 3\na.mode: y\n")
            .string();
    const Result<Config> config = Load({.file = file, .profile = "test"});
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->GetInteger("server.port"), 8080);
    EXPECT_EQ(config->GetEnum("a.mode"), "x");
}

TEST(Config, TakesProfileAndFileFromTheEnvironmentUnlessFlagsSayOtherwise) {
    const support::TemporaryFolder folder;
    const std::string file = folder.Write("f.yaml", "a.mode: y\n").string();
    const EnvironmentVariables environment = {{"COUPON_PROFILE", "prod"}, {"COUPON_CONFIG", file}};
    Result<Config> config = Load({.environment = environment});
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->ActiveProfile(), Profile::kProd);
    EXPECT_EQ(config->GetEnum("a.mode"), "y");
    config =
        Load({.file = folder.Write("g.yaml", ""), .profile = "test", .environment = environment});
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->ActiveProfile(), Profile::kTest);
    EXPECT_EQ(config->GetEnum("a.mode"), "x");
}

TEST(Config, RefusesUnknownKeysFromEverySource) {
    const support::TemporaryFolder folder;
    const std::string file = folder.Write("f.yaml", "profile: prod\nserver.prot: 1\n").string();
    // In a document of a profile that is not active, too.
    EXPECT_EQ(Refusal({.file = file}), "server.prot: unknown key (" + file +
                                           ":2); did you mean server.port?; allowed: the keys that "
                                           "--help lists");
    EXPECT_NE(Refusal({.sets = {"nothing.like.it=1"}})
                  .find("nothing.like.it: unknown key (--set); allowed"),
              std::string::npos);
    EXPECT_NE(Refusal({.environment = {{"COUPON_SERVER_PROT", "1"}}}).find("COUPON_SERVER_PROT"),
              std::string::npos);
    EXPECT_EQ(Refusal({.environment = {{"PATH", "/bin"}, {"COUPONS", "1"}}}), "");
}

TEST(Config, NamesKeyValueOriginAndWhatIsAllowed) {
    EXPECT_EQ(
        Refusal({.environment = {{"COUPON_SERVER_PORT", "70000"}}}),
        "server.port: \"70000\" (environment COUPON_SERVER_PORT) is refused; allowed: integer "
        "from 0 to 65535");
    EXPECT_EQ(Refusal({.profile = "live"}),
              "profile: \"live\" (--profile) is refused; allowed: local, test, prod");
    EXPECT_EQ(Refusal({.sets = {"server.port"}}),
              "--set: \"server.port\" is refused; allowed: key=value");
    EXPECT_EQ(Refusal({.sets = {"=1"}}), "--set: \"=1\" is refused; allowed: key=value");
}

TEST(Config, ChecksValuesThatAStrongerSourceHides) {
    EXPECT_NE(Refusal({.sets = {"server.port=1"}, .environment = {{"COUPON_SERVER_PORT", "x"}}}),
              "");
    const support::TemporaryFolder folder;
    const std::string file = folder.Write("f.yaml", "profile: prod\na.flag: yes\n").string();
    EXPECT_NE(Refusal({.file = file}).find("allowed: true or false"), std::string::npos);
}

TEST(Config, DescribesEveryValueWithItsOriginAndNoSecret) {
    const Result<Config> config =
        Load({.profile = "prod", .sets = {"a.url=mysql://root:hunter2@db", "a.mode=y"}});
    ASSERT_TRUE(config) << config.error().detail;
    EXPECT_EQ(config->Describe(),
              "profile = prod  # --profile\n"
              "server.port = 80  # profile default\n"
              "a.wait = 5s  # default\n"
              "a.size = 64KiB  # default\n"
              "a.flag = false  # default\n"
              "a.mode = y  # --set\n"
              "a.url = (redacted)  # --set\n"
              "a.file = (not set)  # default\n");
}

TEST(Config, KeepsASecretOutOfTheErrorAboutIt) {
    const std::string refusal = Refusal({.sets = {std::string("a.url=hunter2\0", 14)}});
    EXPECT_NE(refusal, "");
    EXPECT_EQ(refusal.find("hunter2"), std::string::npos);
}

TEST(ConfigDeathTest, EndsTheProcessOnAKeyNobodyDeclared) {
    const Result<Config> config = Load({});
    ASSERT_TRUE(config);
    EXPECT_DEATH(config->GetInteger("server.prot"), "CHECK failed");
    EXPECT_DEATH(config->GetString("server.port"), "CHECK failed");
    EXPECT_DEATH(config->GetPath("server.port"), "CHECK failed");
}

TEST(ConfigDeathTest, EndsTheProcessOnATableThatContradictsItself) {
    ConfigTable table = SmallTable();
    table.options.push_back({.key = "server_port", .help = "The same name in the environment"});
    EXPECT_DEATH(static_cast<void>(Config::Load(table, {})), "CHECK failed");
    table = SmallTable();
    table.options[0].default_text = "many";
    EXPECT_DEATH(static_cast<void>(Config::Load(table, {})), "CHECK failed");
}

TEST(ConfigDocs, ListEveryKeyWithDefaultAndRange) {
    const std::string markdown = ConfigMarkdown(SmallTable());
    EXPECT_NE(
        markdown.find("| `server.port` | 8080; prod: 80 | integer from 0 to 65535 | Port |\n"),
        std::string::npos);
    EXPECT_NE(markdown.find("| `a.url` | none | text | Url |\n"), std::string::npos);
    const std::string help = ConfigHelp(SmallTable());
    for (const ConfigOption& option : SmallTable().options) {
        EXPECT_NE(help.find("  " + std::string(option.key) + "\n"), std::string::npos)
            << option.key;
    }
}

}  // namespace
}  // namespace coupon
