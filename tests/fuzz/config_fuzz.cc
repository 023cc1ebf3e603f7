// A configuration file: it is taken, and then every value is what the table allows, or it is an
// error that names what is wrong. An unknown key is never taken, in whichever document it stands.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string>

#include "common/check.h"
#include "common/config.h"
#include "common/config_values.h"
#include "common/config_yaml.h"
#include "common/service_options.h"
#include "tests/fuzz/fuzz_input.h"

namespace coupon::fuzz {
namespace {

/// A file in memory whose path can be opened.
class MemoryFile {
public:
    explicit MemoryFile(std::string_view text)
        : descriptor_(::memfd_create("config", MFD_CLOEXEC)) {
        CHECK(descriptor_ >= 0);
        CHECK(::write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
    ~MemoryFile() { ::close(descriptor_); }
    MemoryFile(const MemoryFile&) = delete;
    MemoryFile& operator=(const MemoryFile&) = delete;

    std::string Path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

private:
    int descriptor_;
};

void CheckError(const Error& error) {
    CHECK(error.code == ErrorCode::kConfiguration);
    CHECK(!error.detail.empty());
}

/// A file that was taken holds known keys with allowed values only, and no key twice in a document.
void CheckDocuments(const ConfigTable& table, const std::vector<ConfigDocument>& documents) {
    for (const ConfigDocument& document : documents) {
        std::set<std::string> keys;
        for (const ConfigSetting& setting : document.settings) {
            const auto option = std::ranges::find(table.options, setting.key, &ConfigOption::key);
            CHECK(option != table.options.end());
            CHECK(ParseConfigValue(*option, setting.text));
            CHECK(keys.insert(setting.key).second);
        }
    }
}

void CheckValues(const ConfigTable& table, const Config& config) {
    for (const ConfigOption& option : table.options) {
        CHECK(!config.OriginOf(option.key).empty());
        const auto within = [&](std::int64_t number) {
            return number >= option.min && number <= option.max;
        };
        switch (option.type) {
            case OptionType::kInteger: CHECK(within(config.GetInteger(option.key))); break;
            case OptionType::kDuration:
                CHECK(within(config.GetDuration(option.key).count()));
                break;
            case OptionType::kBytes: CHECK(within(config.GetBytes(option.key))); break;
            case OptionType::kBool: (void)config.GetBool(option.key); break;
            case OptionType::kString: (void)config.GetString(option.key); break;
            case OptionType::kEnum:
                CHECK(std::ranges::find(option.choices, config.GetEnum(option.key)) !=
                      option.choices.end());
                break;
            case OptionType::kPath:
            case OptionType::kSecretFile: (void)config.GetPath(option.key); break;
        }
    }
    CHECK(config.Describe().starts_with("profile = "));
}

void Check(std::string_view text, const char* profile) {
    static const ConfigTable table = CouponApiTable();
    const auto documents = ParseConfigYaml(text, "f.yaml");
    const MemoryFile file(text);
    const auto config = Config::Load(table, {.file = file.Path(), .profile = profile});
    if (!documents) CheckError(documents.error());
    if (!config) return CheckError(config.error());
    CHECK(documents);
    CheckDocuments(table, *documents);
    CheckValues(table, *config);
    const auto options = ServiceOptions::FromConfig(*config);
    if (!options) return CheckError(options.error());
    CHECK(options->server_threads >= 1 && options->server_threads <= limits::kEventLoopsMax);
    CHECK(options->profile != Profile::kProd ||
          (options->operator_token && options->service_token));
}

}  // namespace
}  // namespace coupon::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace coupon::fuzz;
    const std::string_view text = TextOf(data, size);
    Check(text, "local");
    Check(text, "prod");
    return 0;
}
