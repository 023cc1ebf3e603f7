#include "common/config_yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <exception>
#include <fstream>
#include <iterator>
#include <set>
#include <system_error>
#include <utility>

#include "common/config_values.h"
#include "common/limits.h"

namespace coupon {
namespace {

constexpr std::string_view kProfileKey = "profile";
constexpr std::string_view kSpringProfileKey = "spring.config.activate.on-profile";

/// Flattens one document. yaml-cpp throws on misuse and on bad input; the callers of this class
/// catch.
class DocumentReader {
public:
    explicit DocumentReader(std::string_view file_name) : file_name_(file_name) {}

    Result<ConfigDocument> Read(const YAML::Node& root) {
        if (root.IsNull() || !root.IsDefined()) return std::move(document_);
        if (!root.IsMap()) return Refuse("", root, "a document must be a map of keys");
        if (auto ok = Flatten("", root, 0); !ok) return std::unexpected(ok.error());
        return std::move(document_);
    }

private:
    std::string Where(const YAML::Node& node) const {
        return fmt::format("{}:{}", file_name_, node.Mark().line + 1);
    }

    std::unexpected<Error> Refuse(std::string key, const YAML::Node& node,
                                  std::string_view what) const {
        return ConfigurationError(std::move(key), fmt::format("{} ({})", what, Where(node)));
    }

    Result<void> Flatten(const std::string& prefix, const YAML::Node& map, std::size_t depth) {
        if (depth >= limits::kConfigDepthMax) {
            return Refuse(prefix, map,
                          fmt::format("nested deeper than {}", limits::kConfigDepthMax));
        }
        for (const auto& entry : map) {
            // Maps count as well: aliases of empty ones multiply without a single value.
            if (++entries_ > limits::kConfigSettingsMax) {
                return Refuse(prefix, entry.first,
                              fmt::format("more than {} keys", limits::kConfigSettingsMax));
            }
            if (!entry.first.IsScalar()) return Refuse(prefix, entry.first, "a key must be a word");
            const std::string& name = entry.first.Scalar();
            const std::string key = prefix.empty() ? name : fmt::format("{}.{}", prefix, name);
            if (entry.second.IsSequence()) {
                return Refuse(key, entry.first, "a list is no value of any key");
            }
            if (entry.second.IsMap()) {
                if (auto ok = Flatten(key, entry.second, depth + 1); !ok) return ok;
                continue;
            }
            const std::string text = entry.second.IsNull() ? std::string() : entry.second.Scalar();
            if (auto ok = Add(key, text, entry.first); !ok) return ok;
        }
        return {};
    }

    Result<void> Add(const std::string& key, const std::string& text, const YAML::Node& at) {
        if (!seen_.insert(key).second) return Refuse(key, at, "stands twice in one document");
        if (key != kProfileKey && key != kSpringProfileKey) {
            document_.settings.push_back({key, text, Where(at)});
            return {};
        }
        const std::optional<Profile> profile = ParseProfile(text);
        if (!profile) {
            return Refuse(key, at,
                          fmt::format("\"{}\" is no profile; allowed: local, test, prod", text));
        }
        if (document_.profile && document_.profile != profile) {
            return Refuse(key, at, "the document names two profiles");
        }
        document_.profile = profile;
        return {};
    }

    std::string_view file_name_;
    ConfigDocument document_;
    std::set<std::string> seen_;
    std::size_t entries_ = 0;
};

}  // namespace

Result<std::vector<ConfigDocument>> ParseConfigYaml(std::string_view text,
                                                    std::string_view file_name) {
    try {
        std::vector<ConfigDocument> documents;
        for (const YAML::Node& root : YAML::LoadAll(std::string(text))) {
            Result<ConfigDocument> document = DocumentReader(file_name).Read(root);
            if (!document) return std::unexpected(document.error());
            documents.push_back(std::move(*document));
        }
        return documents;
    } catch (const YAML::Exception& error) {
        return ConfigurationError(
            "", fmt::format("{}:{}: not YAML: {}", file_name, error.mark.line + 1, error.msg));
    } catch (const std::exception& error) {
        return ConfigurationError("", fmt::format("{}: not YAML: {}", file_name, error.what()));
    }
}

Result<std::vector<ConfigDocument>> ReadConfigFile(const std::filesystem::path& path) {
    std::error_code status;
    if (!std::filesystem::is_regular_file(path, status)) {
        return ConfigurationError(
            "", fmt::format("configuration file \"{}\" is not there or no regular file",
                            path.string()));
    }
    std::ifstream file(path, std::ios::binary);
    std::string text(limits::kConfigFileBytesMax + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!file.is_open() || file.bad()) {
        return ConfigurationError(
            "", fmt::format("configuration file \"{}\" cannot be read", path.string()));
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > limits::kConfigFileBytesMax) {
        return ConfigurationError(
            "", fmt::format("configuration file \"{}\" is larger than {}", path.string(),
                            FormatConfigBytes(limits::kConfigFileBytesMax)));
    }
    return ParseConfigYaml(text, path.string());
}

}  // namespace coupon
