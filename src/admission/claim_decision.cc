#include "admission/claim_decision.h"

#include <string_view>

#include "admission/redis_accepted.h"
#include "common/parse_number.h"

namespace coupon::admission {
namespace {

// Places in the answer.
constexpr std::size_t kCode = 0;
constexpr std::size_t kOtherEpoch = 1;
constexpr std::size_t kNow = 1;
constexpr std::size_t kStart = 2;
constexpr std::size_t kFirst = 3;
constexpr std::size_t kAdmitted = 4;
constexpr std::size_t kRefusal = 5;
constexpr std::size_t kDuplicates = 7;

Outcome OutcomeOf(std::string_view word) {
    for (const Outcome outcome : {Outcome::kSoldOut, Outcome::kNotOpen, Outcome::kEnded,
                                  Outcome::kPaused, Outcome::kClosed, Outcome::kOverloaded}) {
        if (ToString(outcome) == word) return outcome;
    }
    return Outcome::kUnknown;
}

}  // namespace

ClaimDecision ReadClaimDecision(const redis::RedisReply& answer, std::size_t claims) {
    ClaimDecision decision;
    if (answer[kCode].Text() != "ok") {
        decision.other_epoch = ParseWhole<std::int64_t>(answer[kOtherEpoch].Text());
        decision.not_loaded = !decision.other_epoch;
        return decision;
    }
    const std::chrono::milliseconds now{answer[kNow].Integer().value_or(0)};
    const std::chrono::milliseconds start{
        ParseWhole<std::int64_t>(answer[kStart].Text()).value_or(0)};
    const std::int64_t first = answer[kFirst].Integer().value_or(0);
    decision.admitted = answer[kAdmitted].Integer().value_or(0);
    decision.next = Sequence{first + decision.admitted};
    decision.refusal = OutcomeOf(answer[kRefusal].Text());
    decision.opens_in = start - now;
    decision.claims.reserve(claims);
    std::size_t duplicate = kDuplicates;
    for (std::size_t i = 0; i < claims; ++i) {
        DecidedClaim claim{.outcome = decision.refusal, .sequence = {}};
        if (answer[duplicate].Integer() == static_cast<std::int64_t>(i)) {
            const auto held = ParseUserEntry(answer[duplicate + 1].Text());
            claim.outcome = held ? Outcome::kDuplicate : Outcome::kUnknown;
            if (held) {
                claim.sequence = held->sequence;
                claim.issued_at = WallTime{start + std::chrono::milliseconds{held->offset_ms}};
            }
            duplicate += 2;
        } else if (decision.newcomers++ < decision.admitted) {
            claim = {.outcome = Outcome::kAdmitted,
                     .sequence = Sequence{first + decision.newcomers - 1},
                     .issued_at = WallTime{now}};
        }
        decision.claims.push_back(claim);
    }
    return decision;
}

}  // namespace coupon::admission
