#include "queue/redis_stream.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "admission/redis_accepted.h"
#include "admission/redis_keys.h"
#include "common/limits_consumer.h"
#include "common/limits_distributed.h"
#include "common/parse_number.h"
#include "queue/queue_scripts.h"
#include "redis/redis_error.h"

namespace coupon::queue {
namespace {

using admission::RedisKeys;
using redis::RedisCommand;
using redis::RedisReply;

std::unexpected<Error> Damaged(std::string_view operation, std::string detail) {
    return std::unexpected(Error{.code = ErrorCode::kDamaged,
                                 .operation = std::string(operation),
                                 .applied = Applied::kUnknown,
                                 .retry_is_safe = true,
                                 .detail = std::move(detail)});
}

/// By hash or by text.
RedisCommand TakeCommand(const Reader& reader, std::string_view run, const TakeRequest& request,
                         bool by_text) {
    const RedisKeys keys(request.coupon);
    const std::string lease = std::to_string(reader.lease.count());
    const std::string claims = std::to_string(request.claims);
    const std::array<std::string_view, 3> names = {keys.lease, keys.accepted, keys.policy};
    const std::string entry_max = std::to_string(limits::kClaimsPerCallMax);
    const std::string entries_max = std::to_string(limits::kQueueEntriesPerTakeMax);
    const std::array<std::string_view, 8> arguments = {
        reader.token, lease, reader.name, claims, run, request.cursor, entry_max, entries_max};
    return by_text ? Scripts().take.ByText(names, arguments)
                   : Scripts().take.ByHash(names, arguments);
}

void AddEntry(Taken& taken, CouponId coupon, const RedisReply& entry) {
    std::string id(entry[0].Text());
    const auto batch = admission::ParseAccepted(entry[1]);
    if (!batch) {
        taken.unreadable.emplace_back(std::move(id), batch.error().detail);
        return;
    }
    QueuedEntry queued{.id = std::move(id), .epoch = batch->epoch, .claims = {}};
    queued.claims.reserve(batch->users.size());
    std::int64_t sequence = batch->first.value;
    for (const UserId user : batch->users) {
        queued.claims.push_back({coupon, Sequence{sequence++}, user, batch->issued_at});
    }
    taken.entries.push_back(std::move(queued));
}

Result<Taken> ParseTaken(CouponId coupon, const RedisReply& reply) {
    const std::string_view word = reply[0].Text();
    if (word == "empty") return Taken{.kind = Taken::Kind::kEmpty};
    if (word == "not_loaded") return Taken{.kind = Taken::Kind::kNotLoaded};
    if (word == "held") {
        return Taken{.kind = Taken::Kind::kHeld,
                     .held_for = std::chrono::milliseconds(reply[1].Integer().value_or(0))};
    }
    const auto epoch = ParseWhole<std::int64_t>(reply[1].Text());
    if (word != "taken" || !epoch) {
        return Damaged("take claims",
                       fmt::format("answer '{}', epoch '{}'", word, reply[1].Text()));
    }
    Taken taken{.kind = Taken::Kind::kTaken,
                .epoch = *epoch,
                .cursor = std::string(reply[3].Text()),
                .lease_is_new = reply[2].Integer() == 1};
    for (std::size_t i = 0; i < reply[4].Size(); ++i) {
        taken.deleted.emplace_back(reply[4][i].Text());
    }
    taken.entries.reserve(reply[5].Size());
    for (std::size_t i = 0; i < reply[5].Size(); ++i) AddEntry(taken, coupon, reply[5][i]);
    return taken;
}

}  // namespace

std::vector<Result<Taken>> TakeAll(redis::RedisSession& session, const Reader& reader,
                                   std::string_view run, std::span<const TakeRequest> requests,
                                   std::chrono::milliseconds patience) {
    std::vector<RedisCommand> commands;
    commands.reserve(requests.size());
    for (const TakeRequest& request : requests) {
        commands.push_back(TakeCommand(reader, run, request, false));
    }
    auto replies = session.CallAll(std::move(commands), patience);
    std::vector<Result<Taken>> results;
    results.reserve(requests.size());
    for (std::size_t i = 0; i < requests.size(); ++i) {
        // Redis forgot the script; the first that brings the text makes it known to the others.
        if (!replies[i] && redis::IsRedisError(replies[i].error(), "NOSCRIPT")) {
            replies[i] = session.Call(TakeCommand(reader, run, requests[i], true), patience);
        }
        if (replies[i]) {
            results.push_back(ParseTaken(requests[i].coupon, *replies[i]));
        } else {
            results.push_back(std::unexpected(std::move(replies[i].error())));
        }
    }
    return results;
}

Result<AckVerdict> Acknowledge(redis::RedisSession& session, CouponId coupon, std::string_view run,
                               std::span<const EntryAck> entries, std::string_view announcement,
                               std::chrono::milliseconds patience) {
    const RedisKeys keys(coupon);
    const std::array<std::string_view, 2> names = {keys.policy, keys.accepted};
    std::vector<std::string> counts;
    counts.reserve(entries.size());
    std::vector<std::string_view> arguments = {run};
    arguments.reserve(1 + 2 * entries.size());
    for (const EntryAck& entry : entries) {
        arguments.push_back(entry.id);
        arguments.push_back(counts.emplace_back(std::to_string(entry.claims)));
    }
    std::vector<RedisCommand> commands;
    if (!announcement.empty()) {
        commands.push_back(RedisCommand({"PUBLISH", admission::kCommittedChannel, announcement}));
    }
    commands.push_back(Scripts().ack.ByHash(names, arguments));
    Result<RedisReply> reply = std::move(session.CallAll(std::move(commands), patience).back());
    if (!reply && redis::IsRedisError(reply.error(), "NOSCRIPT")) {
        reply = session.Call(Scripts().ack.ByText(names, arguments), patience);
    }
    if (!reply) return std::unexpected(std::move(reply.error()));
    return (*reply)[0].Text() == "acknowledged" ? AckVerdict::kAcknowledged
                                                : AckVerdict::kNotLoaded;
}

void ReleaseAll(redis::RedisSession& session, const Reader& reader,
                std::span<const CouponId> coupons, std::chrono::milliseconds patience) {
    std::vector<RedisCommand> commands;
    for (const CouponId coupon : coupons) {
        const std::string key = RedisKeys(coupon).lease;
        const std::array<std::string_view, 1> names = {key};
        const std::array<std::string_view, 1> arguments = {reader.token};
        commands.push_back(Scripts().release.ByText(names, arguments));
    }
    session.CallAll(std::move(commands), patience);  // one that is not given up expires
}

}  // namespace coupon::queue
