#include "queue/ledger_batch.h"

#include <fmt/format.h>

#include <chrono>
#include <limits>
#include <string>
#include <unordered_set>
#include <utility>

#include "queue/batch_decision.h"
#include "queue/halving.h"

namespace coupon::queue {
namespace {

using ledger::DeadLetterReason;

void AddLetters(SettledClaims& settled, std::span<const Issuance> claims, std::int64_t epoch,
                DeadLetterReason reason, const std::string& detail) {
    for (const Issuance& claim : claims) {
        settled.letters.push_back(LetterOf(claim, epoch, reason, detail));
    }
}

std::string DetailOf(const Result<ledger::WriteReport>& report) {
    return report ? "the ledger has no such coupon" : report.error().detail;
}

}  // namespace

Result<ledger::WriteReport> LedgerBatch::Write(const Batch& batch,
                                               std::span<const Issuance> claims) {
    const MonotonicTime started = clock_.MonotonicNow();
    auto report = writer_.Write(batch.coupon, batch.epoch, claims);
    if (report && report->verdict == ledger::WriteVerdict::kWritten) {
        const std::chrono::nanoseconds took = clock_.MonotonicNow() - started;
        stats_.commit_nanoseconds.Record(took.count());
        stats_.batch_sizes.Record(static_cast<std::int64_t>(report->new_rows));
        stats_.written.Add(report->new_rows);
        stats_.repeats.Add(report->repeats);
    }
    return report;
}

void LedgerBatch::Accept(Batch& batch, std::span<const Issuance> claims,
                         const ledger::WriteReport& report) {
    std::unordered_set<std::int64_t> left_out;
    for (const ledger::RowConflict& conflict : report.conflicts) {
        left_out.insert(conflict.wanted.sequence.value);
        batch.settled.letters.push_back(LetterOf(
            conflict.wanted, batch.epoch, DeadLetterReason::kConflict, DescribeConflict(conflict)));
    }
    for (const Issuance& claim : claims) {
        if (!left_out.contains(claim.sequence.value)) batch.settled.written.push_back(claim);
    }
}

Result<SettledClaims> LedgerBatch::Settle(CouponId coupon, std::int64_t epoch,
                                          std::span<const Issuance> claims) {
    Batch batch{.coupon = coupon, .epoch = epoch};
    Halving parts(claims.size());
    while (const auto range = parts.Next()) {
        const auto part = claims.subspan(range->begin, range->count);
        auto report = Write(batch, part);
        const Decision decision = Decide(report, part.size());
        switch (decision.step) {
            case NextStep::kAcknowledge: Accept(batch, part, *report); break;
            case NextStep::kRetry: return std::unexpected(std::move(report.error()));
            case NextStep::kHalve: parts.Halve(); continue;
            case NextStep::kSetAside:
                AddLetters(batch.settled, part, epoch, decision.reason, DetailOf(report));
                break;
            case NextStep::kShareStock:
                if (auto shared = WriteWhatFits(batch, part); !shared) {
                    return std::unexpected(std::move(shared.error()));
                }
                break;
            case NextStep::kReload:
                batch.settled.other_epoch.insert(batch.settled.other_epoch.end(), part.begin(),
                                                 part.end());
                break;
        }
        parts.Done();
    }
    return std::move(batch.settled);
}

/// The writer says no more than "not all of them": looked up are which rows are there already and
/// how many more fit. A claim beyond the stock can only come from an admission that was wrong, or
/// from a cut by hand, so it may cost a query a claim.
Result<void> LedgerBatch::WriteWhatFits(Batch& batch, std::span<const Issuance> claims) {
    const auto row = coupons_.Find(batch.coupon);
    if (!row) return std::unexpected(row.error());
    std::vector<bool> is_there;
    for (const Issuance& claim : claims) {
        const auto issuance = reader_.FindIssuance(batch.coupon, claim.user_id);
        if (!issuance) return std::unexpected(issuance.error());
        is_there.push_back(issuance->has_value());
    }
    std::int64_t room = 0;
    if (*row) {
        const auto total = (*row)->coupon.total_quantity;
        room = total ? *total - (*row)->issued : std::numeric_limits<std::int64_t>::max();
    }
    const StockShares shares = ShareStock(claims, is_there, room);
    auto report = Write(batch, shares.fit);
    if (!report) return std::unexpected(std::move(report.error()));
    switch (report->verdict) {
        case ledger::WriteVerdict::kWritten: Accept(batch, shares.fit, *report); break;
        case ledger::WriteVerdict::kOtherEpoch:
            batch.settled.other_epoch.insert(batch.settled.other_epoch.end(), claims.begin(),
                                             claims.end());
            return {};
        default:  // the stock has changed between the look and the write
            return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                         .operation = "share the stock",
                                         .applied = Applied::kNo,
                                         .retry_is_safe = true,
                                         .detail = "the stock changed meanwhile"});
    }
    AddLetters(batch.settled, shares.beyond, batch.epoch, DeadLetterReason::kNoStock,
               "beyond the coupon's total quantity");
    return {};
}

}  // namespace coupon::queue
