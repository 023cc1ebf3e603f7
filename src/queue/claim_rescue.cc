#include "queue/claim_rescue.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "admission/redis_keys.h"
#include "common/limits_distributed.h"
#include "queue/batch_decision.h"
#include "queue/queue_scripts.h"

namespace coupon::queue {
namespace {

Error Unsettled(std::string detail) {
    return {.code = ErrorCode::kUnavailable,
            .operation = "ask admission about claims of an earlier epoch",
            .applied = Applied::kUnknown,
            .retry_is_safe = true,
            .detail = std::move(detail)};
}

/// Books one claim under the script's word; false: no word of ours.
bool Book(const Issuance& claim, std::string_view word, RescuedClaims& rescued) {
    if (word == "held") {
        rescued.held.push_back(claim);
    } else if (word == "superseded") {
        ++rescued.superseded;
    } else if (word == "admitted") {
        ++rescued.readmitted;
    } else if (word == "no_stock") {
        rescued.letters.push_back(LetterOf(claim, 0, ledger::DeadLetterReason::kLostEpoch,
                                           "Redis had lost it, and the stock is used up"));
    } else {
        return false;
    }
    return true;
}

}  // namespace

Result<RescuedClaims> ClaimRescue::Ask(CouponId coupon, std::span<const Issuance> claims) {
    const auto loaded = loader_.Load(coupon);
    if (!loaded && loaded.error().code != ErrorCode::kNotFound) {
        return std::unexpected(loaded.error());
    }
    RescuedClaims rescued;
    if (!loaded) {  // it was deleted by hand
        for (const Issuance& claim : claims) {
            rescued.letters.push_back(LetterOf(claim, 0, ledger::DeadLetterReason::kUnknownCoupon,
                                               "the ledger has no such coupon"));
        }
        return rescued;
    }
    rescued.epoch = loaded->epoch;
    while (!claims.empty()) {
        const auto part = claims.first(std::min(limits::kClaimsPerCallMax, claims.size()));
        if (auto asked = AskAboutPart(coupon, part, rescued); !asked) {
            return std::unexpected(std::move(asked.error()));
        }
        claims = claims.subspan(part.size());
    }
    return rescued;
}

Result<void> ClaimRescue::Rebuild(CouponId coupon) {
    auto rebuilt = loader_.Rebuild(coupon);
    if (!rebuilt) return std::unexpected(std::move(rebuilt.error()));
    return {};
}

Result<void> ClaimRescue::AskAboutPart(CouponId coupon, std::span<const Issuance> claims,
                                       RescuedClaims& rescued) {
    const admission::RedisKeys keys(coupon);
    const std::array<std::string_view, 3> names = {keys.policy, keys.users, keys.accepted};
    std::vector<std::string> words = {session_.RunId(), std::to_string(rescued.epoch)};
    for (const Issuance& claim : claims) {
        words.push_back(std::to_string(claim.user_id.value));
        words.push_back(std::to_string(claim.sequence.value));
    }
    const std::vector<std::string_view> arguments(words.begin(), words.end());
    const auto reply = session_.Run(Scripts().rescue, names, arguments, limits::kRedisCallPatience);
    if (!reply) return std::unexpected(reply.error());
    if ((*reply)[0].Text() != "loaded") {
        return std::unexpected(Unsettled("it is not loaded any more, or a new epoch began"));
    }
    for (std::size_t i = 0; i < claims.size(); ++i) {
        const std::string_view word = (*reply)[1][i].Text();
        if (!Book(claims[i], word, rescued)) {
            return std::unexpected(Unsettled("rescue.lua answers '" + std::string(word) + "'"));
        }
    }
    return {};
}

}  // namespace coupon::queue
