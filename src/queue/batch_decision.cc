#include "queue/batch_decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace coupon::queue {

using ledger::DeadLetterReason;
using ledger::WriteVerdict;

Decision Decide(const Result<ledger::WriteReport>& report, std::size_t count) {
    if (!report) {
        if (report.error().code != ErrorCode::kInvalidArgument) return {.step = NextStep::kRetry};
        if (count > 1) return {.step = NextStep::kHalve};
        return {.step = NextStep::kSetAside, .reason = DeadLetterReason::kInvalid};
    }
    switch (report->verdict) {
        case WriteVerdict::kWritten: return {.step = NextStep::kAcknowledge};
        case WriteVerdict::kOtherEpoch: return {.step = NextStep::kReload};
        case WriteVerdict::kNoStock: return {.step = NextStep::kShareStock};
        case WriteVerdict::kUnknownCoupon:
            return {.step = NextStep::kSetAside, .reason = DeadLetterReason::kUnknownCoupon};
    }
    std::unreachable();
}

std::string DescribeConflict(const ledger::RowConflict& conflict) {
    std::string text;
    if (conflict.by_user) {
        text = fmt::format("user {} has sequence {}", conflict.by_user->user_id.value,
                           conflict.by_user->sequence.value);
    }
    if (conflict.by_sequence) {
        text +=
            fmt::format("{}sequence {} is user {}'s", text.empty() ? "" : ", ",
                        conflict.by_sequence->sequence.value, conflict.by_sequence->user_id.value);
    }
    return text;
}

ledger::DeadLetter LetterOf(const Issuance& claim, std::int64_t epoch, DeadLetterReason reason,
                            std::string detail) {
    return {.coupon_id = claim.coupon_id,
            .user_id = claim.user_id,
            .sequence = claim.sequence,
            .epoch = epoch,
            .issued_at = claim.issued_at,
            .reason = reason,
            .detail = std::move(detail),
            .created_at = {}};
}

std::string Announcement(CouponId coupon, std::int64_t epoch, std::span<const Issuance> claims) {
    if (claims.empty()) return {};
    std::vector<std::int64_t> sequences;
    sequences.reserve(claims.size());
    for (const Issuance& claim : claims) sequences.push_back(claim.sequence.value);
    std::ranges::sort(sequences);
    std::string text = fmt::format("{} {} ", coupon.value, epoch);
    for (std::size_t i = 0; i < sequences.size();) {
        std::size_t last = i;
        while (last + 1 < sequences.size() && sequences[last + 1] <= sequences[last] + 1) ++last;
        fmt::format_to(std::back_inserter(text), "{}{}-{}", i == 0 ? "" : ",", sequences[i],
                       sequences[last]);
        i = last + 1;
    }
    return text;
}

StockShares ShareStock(std::span<const Issuance> claims, const std::vector<bool>& is_there,
                       std::int64_t room) {
    std::vector<std::size_t> order(claims.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {}, [&](std::size_t i) { return claims[i].sequence; });
    StockShares shares;
    for (const std::size_t i : order) {
        const bool fits = is_there[i] || room > 0;
        if (fits && !is_there[i]) --room;
        (fits ? shares.fit : shares.beyond).push_back(claims[i]);
    }
    return shares;
}

}  // namespace coupon::queue
