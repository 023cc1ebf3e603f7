#include "common/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "common/check.h"
#include "common/config_values.h"
#include "common/config_yaml.h"

namespace coupon {
namespace {

constexpr std::string_view kEnvironmentPrefix = "COUPON_";
constexpr std::string_view kProfileVariable = "COUPON_PROFILE";
constexpr std::string_view kFileVariable = "COUPON_CONFIG";
/// A typing error: at most this many letters differ.
constexpr std::size_t kSuggestionDistanceMax = 2;

/// Levenshtein: letters to change, add or take away.
std::size_t EditDistance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

const std::string* FindVariable(const EnvironmentVariables& environment, std::string_view name) {
    const auto found =
        std::ranges::find(environment, name, &std::pair<std::string, std::string>::first);
    return found == environment.end() ? nullptr : &found->second;
}

/// Kubernetes gives each container COUPON_API_PORT, COUPON_API_SERVICE_HOST and more for a Service
/// coupon-api.
std::string_view HintOf(std::string_view variable) {
    const bool of_a_service = variable.find("_SERVICE_") != std::string_view::npos ||
                              variable.find("_PORT") != std::string_view::npos;
    return of_a_service ? ". Where Kubernetes made it for a Service of that name, set "
                          "enableServiceLinks: false in the pod"
                        : "";
}

/// A table that contradicts itself is a programming error; every start finds it.
void CheckTable(const ConfigTable& table) {
    std::set<std::string> names;
    for (const ConfigOption& option : table.options) {
        CHECK(!option.help.empty());
        CHECK(names.insert(EnvironmentNameOf(option.key)).second);
        CHECK(ParseConfigValue(option, option.default_text).has_value());
        for (const ProfileDefault& other : option.profile_defaults) {
            CHECK(ParseConfigValue(option, other.text).has_value());
        }
    }
    CHECK(!names.contains(std::string(kProfileVariable)));
    CHECK(!names.contains(std::string(kFileVariable)));
}

}  // namespace

std::string_view ToString(Profile profile) {
    switch (profile) {
        case Profile::kLocal: return "local";
        case Profile::kTest: return "test";
        case Profile::kProd: return "prod";
    }
    return "unknown";
}

std::optional<Profile> ParseProfile(std::string_view text) {
    for (const Profile profile : {Profile::kLocal, Profile::kTest, Profile::kProd}) {
        if (ToString(profile) == text) return profile;
    }
    return std::nullopt;
}

Result<Config> Config::Load(const ConfigTable& table, const ConfigSources& sources) {
    CheckTable(table);
    Config config;
    const std::string* from_environment = FindVariable(sources.environment, kProfileVariable);
    config.profile_origin_ = sources.profile    ? "--profile"
                             : from_environment ? fmt::format("environment {}", kProfileVariable)
                                                : "default";
    const std::string chosen = sources.profile    ? *sources.profile
                               : from_environment ? *from_environment
                                                  : "local";
    const std::optional<Profile> profile = ParseProfile(chosen);
    if (!profile) {
        return ConfigurationError(
            "profile", fmt::format("\"{}\" ({}) is refused; allowed: local, test, prod", chosen,
                                   config.profile_origin_));
    }
    config.profile_ = *profile;

    for (const ConfigOption& option : table.options) {
        Entry entry{option, std::string(option.default_text), 0, "default"};
        for (const ProfileDefault& other : option.profile_defaults) {
            if (other.profile != config.profile_) continue;
            entry.text = other.text;
            entry.origin = "profile default";
        }
        entry.number = *ParseConfigValue(option, entry.text);
        config.entries_.push_back(std::move(entry));
    }

    std::optional<std::filesystem::path> file = sources.file;
    if (const std::string* path = FindVariable(sources.environment, kFileVariable); path && !file) {
        file = *path;
    }
    if (file) {
        const Result<std::vector<ConfigDocument>> documents = ReadConfigFile(*file);
        if (!documents) return std::unexpected(documents.error());
        if (auto ok = config.ApplyDocuments(*documents); !ok) return std::unexpected(ok.error());
    }
    if (auto ok = config.ApplyEnvironment(sources.environment); !ok) {
        return std::unexpected(ok.error());
    }
    if (auto ok = config.ApplySets(sources.sets); !ok) return std::unexpected(ok.error());
    return config;
}

Result<void> Config::ApplyDocuments(std::span<const ConfigDocument> documents) {
    // The base first, wherever it stands in the file; documents of other profiles are checked and
    // not taken.
    for (const bool base : {true, false}) {
        for (const ConfigDocument& document : documents) {
            if (base == document.profile.has_value()) continue;
            const bool wins = base || document.profile == profile_;
            for (const ConfigSetting& setting : document.settings) {
                if (auto ok = Apply(setting, wins); !ok) return ok;
            }
        }
    }
    return {};
}

Result<void> Config::ApplyEnvironment(const EnvironmentVariables& environment) {
    for (const auto& [name, text] : environment) {
        if (!name.starts_with(kEnvironmentPrefix)) continue;
        if (name == kProfileVariable || name == kFileVariable) continue;
        const auto entry = std::ranges::find_if(entries_, [&name](const Entry& candidate) {
            return EnvironmentNameOf(candidate.option.key) == name;
        });
        const std::string origin = fmt::format("environment {}", name);
        if (entry == entries_.end()) {
            return ConfigurationError(
                name,
                fmt::format("no key has this name ({}); allowed: {}, {} and the names of the keys "
                            "that --help lists, as COUPON_SERVER_PORT for server.port{}",
                            origin, kProfileVariable, kFileVariable, HintOf(name)));
        }
        if (auto ok = Apply({std::string(entry->option.key), text, origin}, true); !ok) return ok;
    }
    return {};
}

Result<void> Config::ApplySets(const std::vector<std::string>& sets) {
    for (const std::string& set : sets) {
        const std::size_t equals = set.find('=');
        if (equals == std::string::npos || equals == 0) {
            return ConfigurationError("--set",
                                      fmt::format("\"{}\" is refused; allowed: key=value", set));
        }
        if (auto ok = Apply({set.substr(0, equals), set.substr(equals + 1), "--set"}, true); !ok) {
            return ok;
        }
    }
    return {};
}

Result<void> Config::Apply(const ConfigSetting& setting, bool wins) {
    Entry* entry = Find(setting.key);
    if (entry == nullptr) {
        std::string what = fmt::format("unknown key ({})", setting.origin);
        const auto distance = [&setting](const Entry& known) {
            return EditDistance(known.option.key, setting.key);
        };
        const auto nearest = std::ranges::min_element(entries_, {}, distance);
        if (nearest != entries_.end() && distance(*nearest) <= kSuggestionDistanceMax) {
            what += fmt::format("; did you mean {}?", nearest->option.key);
        }
        return ConfigurationError(setting.key, what + "; allowed: the keys that --help lists");
    }
    const std::optional<std::int64_t> number = ParseConfigValue(entry->option, setting.text);
    if (!number) {
        const std::string shown =
            entry->option.secret ? "the value" : fmt::format("\"{}\"", setting.text);
        return ConfigurationError(
            setting.key, fmt::format("{} ({}) is refused; allowed: {}", shown, setting.origin,
                                     AllowedValues(entry->option)));
    }
    if (!wins) return {};
    entry->text = setting.text;
    entry->number = *number;
    entry->origin = setting.origin;
    return {};
}

Config::Entry* Config::Find(std::string_view key) {
    const auto found = std::ranges::find_if(
        entries_, [key](const Entry& entry) { return entry.option.key == key; });
    return found == entries_.end() ? nullptr : &*found;
}

const Config::Entry& Config::At(std::string_view key, OptionType type) const {
    const auto found = std::ranges::find_if(
        entries_, [key](const Entry& entry) { return entry.option.key == key; });
    CHECK(found != entries_.end());
    CHECK(found->option.type == type);
    return *found;
}

const std::string& Config::GetString(std::string_view key) const {
    return At(key, OptionType::kString).text;
}

std::int64_t Config::GetInteger(std::string_view key) const {
    return At(key, OptionType::kInteger).number;
}

std::chrono::milliseconds Config::GetDuration(std::string_view key) const {
    return std::chrono::milliseconds(At(key, OptionType::kDuration).number);
}

std::int64_t Config::GetBytes(std::string_view key) const {
    return At(key, OptionType::kBytes).number;
}

bool Config::GetBool(std::string_view key) const { return At(key, OptionType::kBool).number != 0; }

const std::string& Config::GetEnum(std::string_view key) const {
    return At(key, OptionType::kEnum).text;
}

std::filesystem::path Config::GetPath(std::string_view key) const {
    const auto found = std::ranges::find_if(
        entries_, [key](const Entry& entry) { return entry.option.key == key; });
    CHECK(found != entries_.end());
    CHECK(found->option.type == OptionType::kPath || found->option.type == OptionType::kSecretFile);
    return found->text;
}

const std::string& Config::OriginOf(std::string_view key) const {
    const auto found = std::ranges::find_if(
        entries_, [key](const Entry& entry) { return entry.option.key == key; });
    CHECK(found != entries_.end());
    return found->origin;
}

std::string Config::Describe() const {
    std::string text = fmt::format("profile = {}  # {}\n", ToString(profile_), profile_origin_);
    for (const Entry& entry : entries_) {
        const std::string_view shown = entry.text.empty()    ? std::string_view("(not set)")
                                       : entry.option.secret ? std::string_view("(redacted)")
                                                             : std::string_view(entry.text);
        text += fmt::format("{} = {}  # {}\n", entry.option.key, shown, entry.origin);
    }
    return text;
}

}  // namespace coupon
