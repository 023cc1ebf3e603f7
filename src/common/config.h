#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/error.h"

namespace coupon {

enum class Profile : std::uint8_t { kLocal, kTest, kProd };

/// "local", "test", "prod".
std::string_view ToString(Profile profile);
std::optional<Profile> ParseProfile(std::string_view text);

enum class OptionType : std::uint8_t {
    kString,
    kInteger,     ///< decimal digits, a sign where the range allows it
    kDuration,    ///< "250ms" "5s" "30min" "12h" "7d"; the range is in milliseconds
    kBytes,       ///< "4096" "64KiB" "16MiB" "1GiB"; the range is in bytes
    kBool,        ///< true, false
    kEnum,        ///< one of `choices`
    kPath,
    kSecretFile,  ///< the path of a file that holds a secret; the path itself is none
};

// kBytes and ConfigOption::secret are for keys of the distributed mode; the embedded one has none
// of them yet.

struct ProfileDefault {
    Profile profile;
    std::string_view text;
};

/// One line of a program's table. Every text must outlive the table (literals).
struct ConfigOption {
    std::string_view key;  ///< "server.port": lower case, dots, underscores
    OptionType type = OptionType::kString;
    std::string_view unit = {};  ///< kInteger: what is counted, "connections"
    /// Empty = not set; then a caller may set the empty text, too.
    std::string_view default_text = {};
    std::int64_t min = 0;  ///< kInteger, kDuration (ms), kBytes
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
    std::vector<std::string_view> choices = {};
    std::vector<ProfileDefault> profile_defaults = {};
    bool secret = false;  ///< the value is never printed, nor part of an error
    std::string_view help = {};  ///< one sentence, no full stop
    /// Stands with what is allowed, in errors and in the documentation.
    std::string_view note = {};
};

/// Everything a program can be told: parses, validates, prints `--help` and generates
/// docs/configuration.md.
struct ConfigTable {
    std::string_view program;
    std::vector<ConfigOption> options = {};
};

/// One value as it was written somewhere.
struct ConfigSetting {
    std::string key;
    std::string text;
    std::string origin;  ///< "app.yaml:3", "environment COUPON_SERVER_PORT", "--set"
};

/// One `---` separated part of a file. Without a profile it is the base.
struct ConfigDocument {
    std::optional<Profile> profile;
    std::vector<ConfigSetting> settings;
};

using EnvironmentVariables = std::vector<std::pair<std::string, std::string>>;

/// Where the values come from. Nothing is read from process-wide state.
struct ConfigSources {
    std::optional<std::filesystem::path> file = {};  ///< --config; else COUPON_CONFIG
    std::optional<std::string> profile = {};  ///< --profile; else COUPON_PROFILE; else local
    std::vector<std::string> sets = {};  ///< --set, "key=value" each; the last of a key wins
    /// All of it; what does not start with COUPON_ is ignored.
    EnvironmentVariables environment = {};
};

/// A program's effective values. Immutable; any thread.
class Config {
public:
    /// Precedence: --set > environment > profile document > base document > profile default >
    /// default. Every value of every source is checked, also in documents of other profiles and
    /// where a stronger source wins. Blocking (reads the file). Errors: kConfiguration; `field` is
    /// the key and `detail` names key, value, where it came from and what is allowed. A wrong table
    /// (double key, bad default) ends the process (CHECK).
    static Result<Config> Load(const ConfigTable& table, const ConfigSources& sources);

    Profile ActiveProfile() const { return profile_; }

    // A key that is not in the table, or has another type, ends the process (CHECK).
    const std::string& GetString(std::string_view key) const;
    std::int64_t GetInteger(std::string_view key) const;
    std::chrono::milliseconds GetDuration(std::string_view key) const;
    std::int64_t GetBytes(std::string_view key) const;
    bool GetBool(std::string_view key) const;
    /// One of the option's choices.
    const std::string& GetEnum(std::string_view key) const;
    /// kPath and kSecretFile; empty = not set.
    std::filesystem::path GetPath(std::string_view key) const;
    /// "default", "profile default", "app.yaml:3", "environment COUPON_SERVER_PORT", "--set".
    const std::string& OriginOf(std::string_view key) const;

    /// The profile and every value with its origin, one a line, secrets redacted: what
    /// --check-config prints.
    std::string Describe() const;

private:
    struct Entry {
        ConfigOption option;
        std::string text;
        std::int64_t number = 0;  ///< integer, milliseconds, bytes, or 0 and 1
        std::string origin;
    };

    Config() = default;
    Result<void> Apply(const ConfigSetting& setting, bool wins);
    Result<void> ApplyDocuments(std::span<const ConfigDocument> documents);
    Result<void> ApplyEnvironment(const EnvironmentVariables& environment);
    Result<void> ApplySets(const std::vector<std::string>& sets);
    const Entry& At(std::string_view key, OptionType type) const;
    Entry* Find(std::string_view key);

    Profile profile_ = Profile::kLocal;
    std::string profile_origin_;
    std::vector<Entry> entries_;
};

}  // namespace coupon
