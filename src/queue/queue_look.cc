#include "queue/queue_look.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "admission/redis_keys.h"
#include "common/parse_number.h"

namespace coupon::queue {
namespace {

using redis::RedisCommand;
using redis::RedisReply;
using std::chrono::milliseconds;

/// The first part of a stream id, "MILLISECONDS-COUNTER".
milliseconds TimeOf(std::string_view id) {
    return milliseconds(ParseWhole<std::int64_t>(id.substr(0, id.find('-'))).value_or(0));
}

QueueLook LookOf(CouponId coupon, const RedisReply& state, const RedisReply& first,
                 milliseconds now) {
    QueueLook look{.coupon = coupon, .claims = ParseWhole<std::int64_t>(state[1].Text())};
    if (first.Size() == 0) {
        look.claims = 0;
        return look;
    }
    if (state[0].Text().empty()) look.claims.reset();  // being loaded: not counted yet
    look.oldest = std::max(milliseconds(0), now - TimeOf(first[0][0].Text()));
    return look;
}

}  // namespace

Result<std::vector<QueueLook>> LookAt(redis::RedisSession& session,
                                      std::span<const CouponId> coupons, milliseconds patience) {
    std::vector<QueueLook> looks;
    if (coupons.empty()) return looks;
    std::vector<RedisCommand> commands;
    commands.push_back(RedisCommand({"TIME"}));
    for (const CouponId coupon : coupons) {
        const admission::RedisKeys keys(coupon);
        commands.push_back(RedisCommand({"HMGET", keys.policy, "run", "queued"}));
        commands.push_back(RedisCommand({"XRANGE", keys.accepted, "-", "+", "COUNT", "1"}));
    }
    const auto replies = session.CallAll(std::move(commands), patience);
    for (const auto& reply : replies) {
        if (!reply) return std::unexpected(reply.error());
    }
    const milliseconds now(ParseWhole<std::int64_t>((*replies[0])[0].Text()).value_or(0) * 1000 +
                           ParseWhole<std::int64_t>((*replies[0])[1].Text()).value_or(0) / 1000);
    for (std::size_t i = 0; i < coupons.size(); ++i) {
        looks.push_back(LookOf(coupons[i], *replies[1 + 2 * i], *replies[2 + 2 * i], now));
    }
    return looks;
}

}  // namespace coupon::queue
