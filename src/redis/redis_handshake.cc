#include "redis/redis_handshake.h"

#include <fmt/format.h>

#include "common/check.h"
#include "redis/redis_error.h"

namespace coupon::redis {
namespace {

constexpr std::string_view kInfo = "INFO";

/// The value of "\r\nNAME:value\r\n"; empty when there is none.
std::string_view LineOf(std::string_view text, std::string_view name) {
    const std::size_t found = text.find(fmt::format("\n{}:", name));
    if (found == std::string_view::npos) return {};
    text.remove_prefix(found + name.size() + 2);
    return text.substr(0, text.find('\r'));
}

}  // namespace

RedisHandshake::RedisHandshake(const RedisOptions& options) {
    const RedisUrl& url = options.url;
    if (!url.password.empty() && url.user.empty()) Say("AUTH", {"AUTH", url.password});
    if (!url.password.empty() && !url.user.empty()) Say("AUTH", {"AUTH", url.user, url.password});
    if (url.database != 0) Say("SELECT", {"SELECT", std::to_string(url.database)});
    Say("CLIENT SETNAME", {"CLIENT", "SETNAME", options.client_name});
    Say(kInfo, {"INFO", "server"});
}

void RedisHandshake::Say(std::string_view name, std::initializer_list<std::string_view> command) {
    names_.push_back(name);
    commands_.emplace_back(command);
}

Result<bool> RedisHandshake::OnReply(const RedisReply& reply) {
    CHECK(answered_ < names_.size());
    const std::string_view name = names_[answered_++];
    if (reply.IsError()) {
        Error error = ErrorOfReply(reply.Text());
        error.operation = fmt::format("redis {}", name);
        error.applied = Applied::kNo;  // nothing but the connection's own state
        return std::unexpected(std::move(error));
    }
    if (name != kInfo) return false;
    run_id_ = LineOf(reply.Text(), "run_id");
    if (run_id_.empty()) {
        return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                     .operation = "redis INFO",
                                     .applied = Applied::kNo,
                                     .retry_is_safe = true,
                                     .detail = "no run_id: not a Redis server"});
    }
    return true;
}

}  // namespace coupon::redis
