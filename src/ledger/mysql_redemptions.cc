#include "ledger/mysql_redemptions.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "common/limits_distributed.h"
#include "common/redemption_rules.h"
#include "ledger/mysql_issuance_row.h"
#include "ledger/mysql_pool.h"
#include "ledger/mysql_transaction.h"
#include "ledger/mysql_values.h"

namespace coupon::ledger {
namespace {

/// What a redemption depends on.
struct Found {
    RedemptionTerms terms;
    std::optional<IssuanceRow> row;  ///< nullopt: not held
};

/// What shall become of an issuance: a verdict, and a change of its row unless it is a refusal.
struct Plan {
    RedemptionVerdict verdict;
    std::optional<Redemption> after;
    std::string update = {};  ///< empty: a refusal
};

Result<Found> ReadFound(MysqlRowView row) {
    RowValues terms(row.subspan(kIssuanceColumnCount));
    const Money minimum_price(terms.Int());
    const auto expires_at = terms.OptionalTime();
    if (!terms.Fits()) return DamagedValues("coupon", row);
    Found found{.terms = {minimum_price, expires_at}, .row = std::nullopt};
    if (!row[0]) return found;
    auto issuance = ReadIssuanceRow(row);
    if (!issuance) return std::unexpected(std::move(issuance.error()));
    found.row = *issuance;
    return found;
}

/// nullopt: no such coupon.
Result<std::optional<Found>> Find(MysqlConnection& connection, CouponId coupon, UserId user) {
    std::optional<Found> found;
    auto read = connection.Visit(
        fmt::format("SELECT {}, c.minimum_price, c.expires_at FROM coupon AS c "
                    "LEFT JOIN coupon_issuance AS i ON i.coupon_id = c.id AND i.user_id = {} "
                    "WHERE c.id = {}",
                    kIssuanceColumns, user.value, coupon.value),
        [&](MysqlRowView row) -> Result<void> {
            auto one = ReadFound(row);
            if (!one) return std::unexpected(std::move(one.error()));
            found = *std::move(one);
            return {};
        });
    if (!read) return std::unexpected(std::move(read.error()));
    return found;
}

RedemptionVerdict VerdictOf(RedemptionRefusal refusal) {
    switch (refusal) {
        case RedemptionRefusal::kAlreadyRedeemed: return RedemptionVerdict::kAlreadyRedeemed;
        case RedemptionRefusal::kExpired: return RedemptionVerdict::kExpired;
        case RedemptionRefusal::kBelowMinimumPrice: break;
    }
    return RedemptionVerdict::kBelowMinimumPrice;
}

/// Reads, plans, and changes the row if it is still as it was read: the condition stands in the
/// UPDATE, so that of two at once one wins; the other reads again.
template <class Planner>
Result<RedemptionReport> Change(MysqlPool& pool, CouponId coupon, UserId user,
                                const Planner& plan_of) {
    auto lease = pool.Take();
    if (!lease) return std::unexpected(std::move(lease.error()));
    MysqlConnection& connection = **lease;
    Error last{.code = ErrorCode::kUnavailable,
               .operation = "redeem",
               .retry_is_safe = true,
               .detail = "the issuance is redeemed and given back all the time"};
    for (int attempt = 1; attempt <= limits::kMysqlTransactionAttempts; ++attempt) {
        const auto found = Find(connection, coupon, user);
        if (!found) return std::unexpected(found.error());
        if (!*found) return RedemptionReport{.verdict = RedemptionVerdict::kUnknownCoupon};
        if (!(*found)->row) return RedemptionReport{.verdict = RedemptionVerdict::kNotHeld};
        const Plan plan = plan_of((*found)->terms, *(*found)->row);
        RedemptionReport report{plan.verdict, (*found)->row};
        if (plan.update.empty()) return report;
        const auto updated = connection.Execute(
            fmt::format("UPDATE coupon_issuance SET updated_at = NOW(6), {} AND coupon_id = {} "
                        "AND user_id = {}",
                        plan.update, coupon.value, user.value));
        if (!updated && !IsLockConflict(updated.error())) return std::unexpected(updated.error());
        if (updated && connection.AffectedRows() == 1) {
            report.row->redemption = plan.after;
            return report;
        }
        if (!updated) {
            last = updated.error();
            PauseBeforeRetry(attempt);
        }
    }
    return std::unexpected(std::move(last));
}

}  // namespace

Result<RedemptionReport> MysqlRedemptions::Redeem(CouponId coupon, UserId user, Money order_amount,
                                                  WallTime now) {
    return Change(pool_, coupon, user, [&](const RedemptionTerms& terms, const IssuanceRow& row) {
        const auto refusal =
            RefusalOfRedemption(terms, row.redemption.has_value(), order_amount, now);
        if (refusal) return Plan{VerdictOf(*refusal), row.redemption};
        const WallTime used_at = RedeemedAt(now, row.issuance.issued_at);
        return Plan{RedemptionVerdict::kRedeemed,
                    Redemption{coupon, row.issuance.sequence, order_amount, used_at},
                    fmt::format("date_used = {}, order_amount = {} WHERE date_used IS NULL",
                                MysqlTime(used_at), order_amount.minor_units)};
    });
}

Result<RedemptionReport> MysqlRedemptions::Undo(CouponId coupon, UserId user) {
    return Change(pool_, coupon, user, [](const RedemptionTerms&, const IssuanceRow& row) {
        if (!row.redemption) return Plan{RedemptionVerdict::kNotRedeemed, std::nullopt};
        return Plan{RedemptionVerdict::kUndone, std::nullopt,
                    "date_used = NULL, order_amount = NULL WHERE date_used IS NOT NULL"};
    });
}

}  // namespace coupon::ledger
