#include "queue/queue_look.h"

#include <algorithm>
#include <string>
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

/// `state`: run, epoch, admitted, queued. Only of the process `run` that answers.
std::optional<AdmissionCounts> CountsOf(const RedisReply& state, std::string_view run) {
    if (run.empty() || state[0].Text() != run) return std::nullopt;
    const auto epoch = ParseWhole<std::int64_t>(state[1].Text());
    const auto admitted = ParseWhole<std::int64_t>(state[2].Text());
    const auto queued = ParseWhole<std::int64_t>(state[3].Text());
    if (!epoch || !admitted || !queued) return std::nullopt;
    return AdmissionCounts{*epoch, *admitted, *queued};
}

milliseconds AgeOf(const RedisReply& first, milliseconds now) {
    if (first.Size() == 0) return milliseconds(0);
    // An entry of this very millisecond is no empty stream.
    return std::max(milliseconds(1), now - TimeOf(first[0][0].Text()));
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
        commands.push_back(
            RedisCommand({"HMGET", keys.policy, "run", "epoch", "admitted", "queued"}));
        commands.push_back(RedisCommand({"XRANGE", keys.accepted, "-", "+", "COUNT", "1"}));
    }
    const auto replies = session.CallAll(std::move(commands), patience);
    const std::string run = session.RunId();
    for (const auto& reply : replies) {
        if (!reply && (run.empty() || !replies[0])) return std::unexpected(reply.error());
    }
    const milliseconds now(ParseWhole<std::int64_t>((*replies[0])[0].Text()).value_or(0) * 1000 +
                           ParseWhole<std::int64_t>((*replies[0])[1].Text()).value_or(0) / 1000);
    for (std::size_t i = 0; i < coupons.size(); ++i) {
        const auto& state = replies[1 + 2 * i];
        const auto& first = replies[2 + 2 * i];
        QueueLook& look = looks.emplace_back(QueueLook{.coupon = coupons[i]});
        if (state) look.counts = CountsOf(*state, run);
        if (first) look.oldest = AgeOf(*first, now);
    }
    return looks;
}

}  // namespace coupon::queue
