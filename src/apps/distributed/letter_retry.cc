#include "apps/distributed/letter_retry.h"

#include <span>
#include <utility>

#include "queue/batch_decision.h"

namespace coupon {
namespace {

/// What the ledger said to the one claim that it was given.
Result<RetriedLetter> Judge(const Result<ledger::WriteReport>& report) {
    if (report && report->verdict == ledger::WriteVerdict::kWritten) {
        if (report->conflicts.empty()) return RetriedLetter{.settled = true};
        return RetriedLetter{.why = queue::DescribeConflict(report->conflicts.front())};
    }
    const queue::Decision decision = queue::Decide(report, 1);
    if (!report && decision.step == queue::NextStep::kRetry) {
        return std::unexpected(report.error());
    }
    if (decision.step == queue::NextStep::kReload) {
        return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                     .operation = "retry dead letter",
                                     .retry_is_safe = true,
                                     .detail = "the coupon was rebuilt meanwhile"});
    }
    if (decision.step == queue::NextStep::kShareStock) {
        return RetriedLetter{.why = "the ledger has no stock left for it"};
    }
    return RetriedLetter{.why = report ? std::string(ledger::ToString(decision.reason))
                                       : report.error().detail};
}

}  // namespace

Result<RetriedLetter> RetryClaim(const ledger::DeadLetter& letter, queue::ClaimRescue& rescue,
                                 ledger::MysqlIssuanceWriter& writer) {
    const Issuance claim{letter.coupon_id, letter.sequence, letter.user_id, letter.issued_at};
    auto rescued = rescue.Ask(letter.coupon_id, {&claim, 1});
    if (!rescued) return std::unexpected(std::move(rescued).error());
    if (!rescued->letters.empty()) return RetriedLetter{.why = rescued->letters.front().detail};
    if (rescued->held.empty()) return RetriedLetter{.settled = true};
    return Judge(writer.Write(letter.coupon_id, rescued->epoch, rescued->held));
}

}  // namespace coupon
