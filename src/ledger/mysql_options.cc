#include "ledger/mysql_options.h"
#include "common/limits_distributed.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/config_values.h"
#include "common/parse_number.h"

namespace coupon::ledger {
namespace {

constexpr std::string_view kScheme = "mysql://";

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

}  // namespace

Result<MysqlOptions> ParseMysqlUrl(std::string_view text) {
    if (!text.starts_with(kScheme)) return Wrong("write mysql://host:port/database");
    const std::string_view rest = text.substr(kScheme.size());
    // Wherever it stands: what is before it may be a password, and no error may repeat that.
    if (rest.find('@') != std::string_view::npos) {
        return Wrong(
            "user and password do not belong here: write mysql://host:port/database, and use "
            "datasource.username and datasource.password_file");
    }
    MysqlOptions options;
    const std::size_t slash = rest.find('/');
    if (const auto server = ParseServer(rest.substr(0, slash), options); !server) {
        return std::unexpected(server.error());
    }
    if (slash == std::string_view::npos || !NamesADatabase(rest.substr(slash + 1))) {
        return Wrong(fmt::format(
            "after the host stands /database: 1 to {} letters, digits, _ and -, and nothing more",
            limits::kMysqlDatabaseBytesMax));
    }
    options.database = rest.substr(slash + 1);
    return options;
}

std::string Describe(const MysqlOptions& options) {
    const bool v6 = options.host.find(':') != std::string::npos;
    return fmt::format("{}{}{}{}:{}/{}", kScheme, v6 ? "[" : "", options.host, v6 ? "]" : "",
                       options.port, options.database);
}

}  // namespace coupon::ledger
