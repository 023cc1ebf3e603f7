#include "redis/redis_url.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <optional>
#include <utility>

#include "common/config_values.h"
#include "common/limits_distributed.h"
#include "common/parse_number.h"

namespace coupon::redis {
namespace {

constexpr std::uint16_t kRedisPort = 6379;
constexpr std::uint16_t kSentinelPort = 26379;

struct Scheme {
    std::string_view prefix;
    RedisMode mode;
    bool tls;
};
constexpr std::array<Scheme, 4> kSchemes = {{
    {"redis://", RedisMode::kStandalone, false},
    {"rediss://", RedisMode::kStandalone, true},
    {"redis+cluster://", RedisMode::kCluster, false},
    {"redis+sentinel://", RedisMode::kSentinel, false},
}};

std::unexpected<Error> Wrong(std::string_view what) {
    return ConfigurationError("redis.url", what);
}

/// Undoes %XX; nullopt when two digits do not follow, or for a byte 0.
std::optional<std::string> Decode(std::string_view text) {
    std::string decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        const std::string_view digits = text.substr(i + 1, 2);
        std::uint8_t byte = 0;
        const auto [stop, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
        if (digits.size() != 2 || error != std::errc{} || stop != digits.data() + 2 || byte == 0) {
            return std::nullopt;
        }
        decoded += static_cast<char>(byte);
        i += 2;
    }
    return decoded;
}

Result<RedisNode> ParseNode(std::string_view text, std::uint16_t default_port) {
    RedisNode node{.host = {}, .port = default_port};
    std::string_view rest;
    if (text.starts_with('[')) {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos) return Wrong("a bracket is not closed");
        node.host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else {
        const std::size_t colon = text.find(':');
        node.host = text.substr(0, colon);
        if (colon != std::string_view::npos) rest = text.substr(colon);
    }
    if (node.host.empty()) return Wrong("a host is missing");
    if (rest.empty()) return node;
    const auto port = ParseWhole<std::uint16_t>(rest.substr(1));
    if (rest.front() != ':' || !port || *port == 0) return Wrong("a port is a number to 65535");
    node.port = *port;
    return node;
}

Result<void> ParseUser(std::string_view text, RedisUrl& url) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) return Wrong("before the @ stands user:password");
    auto user = Decode(text.substr(0, colon));
    auto password = Decode(text.substr(colon + 1));
    if (!user || !password) return Wrong("in user and password, % stands before two hex digits");
    if (password->empty()) return Wrong("the password is empty");
    url.user = *std::move(user);
    url.password = *std::move(password);
    return {};
}

Result<void> ParseNodes(std::string_view text, RedisUrl& url) {
    const std::uint16_t port = url.mode == RedisMode::kSentinel ? kSentinelPort : kRedisPort;
    for (std::size_t comma = 0; comma != std::string_view::npos;) {
        comma = text.find(',');
        const auto node = ParseNode(text.substr(0, comma), port);
        if (!node) return std::unexpected(node.error());
        url.nodes.push_back(*node);
        if (url.nodes.size() > limits::kRedisNodesMax) return Wrong("too many nodes");
        if (comma != std::string_view::npos) text.remove_prefix(comma + 1);
    }
    if (url.mode == RedisMode::kStandalone && url.nodes.size() != 1) {
        return Wrong("one host only; several go with redis+cluster:// or redis+sentinel://");
    }
    return {};
}

Result<void> ParsePath(std::string_view path, RedisUrl& url) {
    if (url.mode == RedisMode::kSentinel) {
        const std::size_t slash = path.find('/');
        url.master = path.substr(0, slash);
        if (url.master.empty()) return Wrong("the name of the sentinels' master is missing");
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
    }
    if (path.empty()) return {};
    if (url.mode == RedisMode::kCluster) return Wrong("a cluster has no databases");
    const auto database = ParseWhole<int>(path);
    if (!database || *database < 0 || *database > limits::kRedisDatabaseMax) {
        return Wrong(fmt::format("a database is a number to {}", limits::kRedisDatabaseMax));
    }
    url.database = *database;
    return {};
}

}  // namespace

Result<RedisUrl> RedisUrl::Parse(std::string_view text) {
    RedisUrl url;
    std::string_view rest;
    for (const Scheme& scheme : kSchemes) {
        if (!text.starts_with(scheme.prefix)) continue;
        url.mode = scheme.mode;
        url.tls = scheme.tls;
        rest = text.substr(scheme.prefix.size());
    }
    if (rest.empty()) {
        return Wrong(
            "write redis://host:port, rediss://, redis+cluster:// or redis+sentinel://, and where");
    }
    // The last one: a password with an @ that was not escaped must not be taken for a host.
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
        if (const auto user = ParseUser(rest.substr(0, at), url); !user) {
            return std::unexpected(user.error());
        }
        rest.remove_prefix(at + 1);
    }
    const std::size_t slash = rest.find('/');
    if (const auto nodes = ParseNodes(rest.substr(0, slash), url); !nodes) {
        return std::unexpected(nodes.error());
    }
    const std::string_view path =
        slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
    if (const auto parsed = ParsePath(path, url); !parsed) return std::unexpected(parsed.error());
    return url;
}

std::string Describe(const RedisNode& node) {
    const bool v6 = node.host.find(':') != std::string::npos;
    return v6 ? fmt::format("[{}]:{}", node.host, node.port)
              : fmt::format("{}:{}", node.host, node.port);
}

std::string Describe(const RedisUrl& url) {
    std::string text;
    for (const Scheme& scheme : kSchemes) {
        if (scheme.mode == url.mode && scheme.tls == url.tls) text = scheme.prefix;
    }
    for (std::size_t i = 0; i < url.nodes.size(); ++i) {
        text += fmt::format("{}{}", i == 0 ? "" : ",", Describe(url.nodes[i]));
    }
    if (!url.master.empty()) text += "/" + url.master;
    if (url.database != 0) text += fmt::format("/{}", url.database);
    return text;
}

}  // namespace coupon::redis
