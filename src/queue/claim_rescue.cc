#include "queue/claim_rescue.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "admission/redis_accepted.h"
#include "admission/redis_keys.h"
#include "admission/redis_scripts.h"
#include "common/limits.h"
#include "common/parse_number.h"
#include "queue/batch_decision.h"
#include "queue/queue_scripts.h"

namespace coupon::queue {
namespace {

using redis::RedisReply;

/// As many as admission itself sends in one call.
constexpr std::size_t kUsersPerCall = 512;
constexpr std::chrono::milliseconds kPatience{5'000};

Error Unsettled(std::string detail) {
    return {.code = ErrorCode::kUnavailable,
            .operation = "ask admission about claims of an earlier epoch",
            .applied = Applied::kUnknown,
            .retry_is_safe = true,
            .detail = std::move(detail)};
}

/// Redis answers numbers as integers or as their decimal text.
std::optional<std::int64_t> NumberOf(const RedisReply& reply) {
    if (const auto number = reply.Integer()) return number;
    return ParseWhole<std::int64_t>(reply.Text());
}

std::vector<std::string> UsersOf(std::span<const Issuance> claims) {
    std::vector<std::string> users;
    users.reserve(claims.size());
    for (const Issuance& claim : claims) users.push_back(std::to_string(claim.user_id.value));
    return users;
}

}  // namespace

Result<RescuedClaims> ClaimRescue::Ask(CouponId coupon, std::span<const Issuance> claims) {
    auto loaded = loader_.Load(coupon);
    if (!loaded && loaded.error().code != ErrorCode::kNotFound) {
        return std::unexpected(std::move(loaded.error()));
    }
    RescuedClaims rescued;
    if (!loaded) {  // it was deleted by hand
        for (const Issuance& claim : claims) {
            rescued.letters.push_back(LetterOf(claim, 0, ledger::DeadLetterReason::kUnknownCoupon,
                                               "the ledger has no such coupon"));
        }
        return rescued;
    }
    std::vector<Issuance> lost;
    for (std::size_t at = 0; at < claims.size(); at += kUsersPerCall) {
        const auto part = claims.subspan(at, std::min(kUsersPerCall, claims.size() - at));
        if (auto done = Compare(coupon, part, rescued, lost); !done) {
            return std::unexpected(std::move(done.error()));
        }
    }
    const std::span<const Issuance> all_lost(lost);
    for (std::size_t at = 0; at < lost.size(); at += kUsersPerCall) {
        const auto part = all_lost.subspan(at, std::min(kUsersPerCall, lost.size() - at));
        if (auto done = Offer(coupon, part, rescued); !done) {
            return std::unexpected(std::move(done.error()));
        }
    }
    return rescued;
}

Result<void> ClaimRescue::Rebuild(CouponId coupon) {
    auto rebuilt = loader_.Rebuild(coupon);
    if (!rebuilt) return std::unexpected(std::move(rebuilt.error()));
    return {};
}

Result<void> ClaimRescue::Compare(CouponId coupon, std::span<const Issuance> claims,
                                  RescuedClaims& rescued, std::vector<Issuance>& lost) {
    const admission::RedisKeys keys(coupon);
    const std::string run = session_.RunId();
    const std::vector<std::string> users = UsersOf(claims);
    std::vector<std::string_view> arguments = {run};
    arguments.insert(arguments.end(), users.begin(), users.end());
    const std::array<std::string_view, 2> names = {keys.policy, keys.users};
    const auto reply = session_.Run(Scripts().holders, names, arguments, kPatience);
    if (!reply) return std::unexpected(reply.error());
    const auto epoch = NumberOf((*reply)[1]);
    if ((*reply)[0].Text() != "loaded" || !epoch) {
        return std::unexpected(Unsettled("it is not loaded any more"));
    }
    if (rescued.epoch != 0 && rescued.epoch != *epoch) {
        return std::unexpected(Unsettled("a new epoch began meanwhile"));
    }
    rescued.epoch = *epoch;
    for (std::size_t i = 0; i < claims.size(); ++i) {
        const RedisReply& entry = (*reply)[2][i];
        if (entry.IsNil()) {
            lost.push_back(claims[i]);
            continue;
        }
        const auto holder = admission::ParseUserEntry(entry.Text());
        if (!holder) return std::unexpected(holder.error());
        if (holder->sequence == claims[i].sequence) {
            rescued.held.push_back(claims[i]);
        } else {
            ++rescued.superseded;
        }
    }
    return {};
}

Result<void> ClaimRescue::Offer(CouponId coupon, std::span<const Issuance> claims,
                                RescuedClaims& rescued) {
    // A batch's users are distinct; the later of two claims of one user is a repeat.
    std::vector<Issuance> offered;
    std::unordered_set<UserId> seen;
    for (const Issuance& claim : claims) {
        if (seen.insert(claim.user_id).second) offered.push_back(claim);
    }
    rescued.superseded += claims.size() - offered.size();
    const admission::RedisKeys keys(coupon);
    const std::string run = session_.RunId();
    const std::string epoch = std::to_string(rescued.epoch);
    // They waited in the queue once: its limit is for new ones.
    const std::string backlog_max = std::to_string(limits::kSequenceMax);
    const std::vector<std::string> users = UsersOf(offered);
    std::vector<std::string_view> arguments = {run, epoch, backlog_max};
    arguments.insert(arguments.end(), users.begin(), users.end());
    const std::array<std::string_view, 3> names = {keys.policy, keys.users, keys.accepted};
    const auto reply = session_.Run(admission::Scripts().claim, names, arguments, kPatience);
    if (!reply) return std::unexpected(reply.error());
    const auto admitted = NumberOf((*reply)[4]);
    const std::string_view refusal = (*reply)[5].Text();
    if ((*reply)[0].Text() != "ok" || !admitted || refusal == "overloaded") {
        return std::unexpected(
            Unsettled(fmt::format("claim answers {} {}", (*reply)[0].Text(), refusal)));
    }
    std::vector<bool> duplicate(offered.size(), false);
    for (std::size_t i = 7; i + 1 < reply->Size(); i += 2) {
        const auto index = NumberOf((*reply)[i]);
        if (index && static_cast<std::size_t>(*index) < offered.size()) {
            duplicate[static_cast<std::size_t>(*index)] = true;
        }
    }
    std::int64_t winners = *admitted;
    for (std::size_t i = 0; i < offered.size(); ++i) {
        if (duplicate[i]) {
            ++rescued.superseded;
        } else if (winners > 0) {
            --winners;
            ++rescued.readmitted;
        } else {
            rescued.letters.push_back(
                LetterOf(offered[i], 0, ledger::DeadLetterReason::kLostEpoch,
                         fmt::format("Redis had lost it and refuses it now: {}", refusal)));
        }
    }
    return {};
}

}  // namespace coupon::queue
