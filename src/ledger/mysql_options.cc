#include "ledger/mysql_options.h"
#include "common/limits_distributed.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>

#include "common/config_values.h"
#include "common/parse_number.h"

namespace coupon::ledger {
namespace {

constexpr std::string_view kScheme = "mysql://";
constexpr std::string_view kParameter = "sslMode=";
/// By MysqlTls.
constexpr std::array<std::string_view, 3> kModes = {"DISABLED", "REQUIRED", "VERIFY_IDENTITY"};

std::unexpected<Error> Wrong(std::string_view what) {
    return ConfigurationError("datasource.url", what);
}

Result<void> ParseServer(std::string_view text, MysqlOptions& options) {
    std::string_view rest;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return Wrong("a bracket is not closed");
        options.host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else {
        const std::size_t colon = text.find(':');
        options.host = text.substr(0, colon);
        if (colon != std::string_view::npos) rest = text.substr(colon);
    }
    if (options.host.empty()) return Wrong("a host is missing");
    if (rest.empty()) return {};
    const auto port = ParseWhole<std::uint16_t>(rest.substr(1));
    if (rest.front() != ':' || !port || *port == 0) return Wrong("a port is a number to 65535");
    options.port = *port;
    return {};
}

/// The letters that no server and no file system takes for anything else.
bool NamesADatabase(std::string_view text) {
    return !text.empty() && text.size() <= limits::kMysqlDatabaseBytesMax &&
           std::ranges::all_of(text, [](char byte) {
               return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                      (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
           });
}

/// What stands behind a "?". A parameter that is not known might be one that matters.
Result<void> ParseParameters(std::string_view text, MysqlOptions& options) {
    const bool known = text.starts_with(kParameter);
    const auto* mode =
        std::ranges::find(kModes, text.substr(known ? kParameter.size() : text.size()));
    if (mode == kModes.end()) {
        return Wrong(
            "after ? stands sslMode=DISABLED, REQUIRED or VERIFY_IDENTITY, and nothing more");
    }
    options.tls = static_cast<MysqlTls>(mode - kModes.begin());
    return {};
}

}  // namespace

Result<MysqlOptions> ParseMysqlUrl(std::string_view text) {
    if (!text.starts_with(kScheme)) return Wrong("write mysql://host:port/database");
    std::string_view rest = text.substr(kScheme.size());
    // Wherever it stands: what is before it may be a password, and no error may repeat that.
    if (rest.find('@') != std::string_view::npos) {
        return Wrong(
            "user and password do not belong here: write mysql://host:port/database, and use "
            "datasource.username and datasource.password_file");
    }
    MysqlOptions options;
    if (const std::size_t question = rest.find('?'); question != std::string_view::npos) {
        if (auto read = ParseParameters(rest.substr(question + 1), options); !read) {
            return std::unexpected(read.error());
        }
        rest = rest.substr(0, question);
    }
    const std::size_t slash = rest.find('/');
    if (const auto server = ParseServer(rest.substr(0, slash), options); !server) {
        return std::unexpected(server.error());
    }
    if (slash == std::string_view::npos || !NamesADatabase(rest.substr(slash + 1))) {
        return Wrong(
            fmt::format("after the host stands /database: 1 to {} letters, digits, _ and -",
                        limits::kMysqlDatabaseBytesMax));
    }
    options.database = rest.substr(slash + 1);
    return options;
}

std::string Describe(const MysqlOptions& options) {
    const bool v6 = options.host.find(':') != std::string::npos;
    std::string text = fmt::format("{}{}{}{}:{}/{}", kScheme, v6 ? "[" : "", options.host,
                                   v6 ? "]" : "", options.port, options.database);
    if (options.tls != MysqlTls::kDisabled) {
        text += fmt::format("?{}{}", kParameter, kModes[static_cast<std::size_t>(options.tls)]);
    }
    return text;
}

}  // namespace coupon::ledger
