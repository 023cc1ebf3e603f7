#include "admission/redis_durability.h"

#include <fmt/format.h>

#include <cstddef>
#include <string_view>
#include <utility>

#include "common/limits_distributed.h"

namespace coupon::admission {
namespace {

/// The value behind "NAME:" in INFO; empty when there is none.
std::string InfoValue(std::string_view info, std::string_view name) {
    const std::string line = fmt::format("\n{}:", name);
    const std::size_t found = info.find(line);
    if (found == std::string_view::npos) return {};
    info.remove_prefix(found + line.size());
    return std::string(info.substr(0, info.find('\r')));
}

Result<std::string> Info(redis::RedisSession& session, std::string_view section) {
    auto reply = session.Call({"INFO", section}, limits::kRedisCallPatience);
    if (!reply) return std::unexpected(std::move(reply.error()));
    return std::string(reply->Text());
}

/// Empty: a managed Redis does not tell.
std::string Config(redis::RedisSession& session, std::string_view name) {
    const auto reply = session.Call({"CONFIG", "GET", name}, limits::kRedisCallPatience);
    return reply ? std::string((*reply)[1].Text()) : std::string();
}

}  // namespace

Result<RedisDurability> CheckDurability(redis::RedisSession& session) {
    const auto memory = Info(session, "memory");
    if (!memory) return std::unexpected(memory.error());
    const std::string policy = InfoValue(*memory, "maxmemory_policy");
    if (policy != "noeviction") {
        return std::unexpected(
            Error{.code = ErrorCode::kConfiguration,
                  .operation = "check Redis",
                  .detail = fmt::format("maxmemory-policy is '{}': it must be noeviction, or Redis "
                                        "forgets winners when its memory is full",
                                        policy)});
    }
    const auto persistence = Info(session, "persistence");
    if (!persistence) return std::unexpected(persistence.error());
    if (InfoValue(*persistence, "aof_enabled") != "1") {
        return RedisDurability{AckLevel::kProcess, "appendonly no"};
    }
    const std::string fsync = Config(session, "appendfsync");
    const std::string rewrite = Config(session, "no-appendfsync-on-rewrite");
    RedisDurability found{AckLevel::kOs, "appendonly yes, appendfsync "};
    found.text += fsync.empty() ? "unknown" : fsync;
    if (rewrite == "yes") found.text += ", no-appendfsync-on-rewrite yes";
    if (fsync == "always" && rewrite == "no") found.level = AckLevel::kDurable;
    return found;
}

}  // namespace coupon::admission
