#include "ledger/sqlite_load.h"

#include <fmt/format.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <optional>
#include <string>
#include <utility>

#include "ledger/row_checksum.h"
#include "ledger/row_key.h"
#include "ledger/sqlite_coupon_row.h"

namespace coupon::ledger {
namespace {

using Counters = boost::unordered_flat_map<std::int64_t, std::int64_t>;

Result<Counters> ReadCounters(Connection& connection) {
    Result<Statement> rows = connection.Prepare("SELECT id, issued_quantity FROM coupon");
    if (!rows) return std::unexpected(rows.error());
    Counters counters;
    int code = rows->Step();
    for (; code == SQLITE_ROW; code = rows->Step()) counters.emplace(rows->Int(0), rows->Int(1));
    if (code != SQLITE_DONE) return connection.Failure(code, "load counters");
    return counters;
}

/// The redemptions, walked beside the issuances: both are in the order of their keys.
class RedemptionWalk {
public:
    static Result<RedemptionWalk> Start(Connection& connection) {
        Result<Statement> rows = connection.Prepare(
            "SELECT key, checksum IS checksum_of(key, order_amount, date_redeemed) "
            "FROM coupon_redemption ORDER BY key");
        if (!rows) return std::unexpected(rows.error());
        RedemptionWalk walk(std::move(*rows));
        walk.Advance();
        return walk;
    }

    /// Whether `key` is redeemed. Keys must be asked in ascending order.
    bool Take(std::int64_t key) {
        if (code_ != SQLITE_ROW || rows_.Int(0) != key) return false;
        if (rows_.Int(1) == 0 && !misfit_) misfit_ = key;
        Advance();
        return true;
    }

    /// After the last issuance: nothing may be left, and every checksum must have fitted.
    Result<void> Finish(Connection& connection) {
        const auto damaged = [&](std::int64_t key, std::string_view what) {
            return connection.Damaged(fmt::format("coupon {} sequence {} {}",
                                                  CouponOfKey(key).value, SequenceOfKey(key).value,
                                                  what));
        };
        if (code_ == SQLITE_ROW) return damaged(rows_.Int(0), "is redeemed but not issued");
        if (code_ != SQLITE_DONE) return connection.Failure(code_, "load redemptions");
        if (misfit_) return damaged(*misfit_, "is redeemed, but that row's checksum does not fit");
        return {};
    }

private:
    explicit RedemptionWalk(Statement rows) : rows_(std::move(rows)) {}
    void Advance() { code_ = rows_.Step(); }

    Statement rows_;
    int code_ = SQLITE_DONE;
    std::optional<std::int64_t> misfit_;  ///< the first key whose checksum does not fit
};

/// Holds what one row must be against the row before it.
class RowCheck {
public:
    explicit RowCheck(Counters counters) : counters_(std::move(counters)) {}

    /// Empty if the row fits, else what is wrong.
    std::string Check(std::int64_t key, const Issuance& row, std::int64_t checksum) {
        const auto wrong = [&](std::string_view what) {
            return fmt::format("coupon {} sequence {}: {}", row.coupon_id.value, row.sequence.value,
                               what);
        };
        if (checksum != RowChecksum(key, row.user_id, row.issued_at)) {
            return wrong("the row's checksum does not fit");
        }
        if (row.coupon_id != coupon_) {
            if (std::string fault = EndOfCoupon(); !fault.empty()) return fault;
            coupon_ = row.coupon_id;
            rows_ = 0;
            if (!counters_.contains(row.coupon_id.value)) return wrong("there is no such coupon");
        }
        ++rows_;
        if (row.sequence.value != rows_) return wrong(fmt::format("sequence {} is missing", rows_));
        return {};
    }

    /// After the last row.
    std::string Finish() {
        if (std::string fault = EndOfCoupon(); !fault.empty()) return fault;
        for (const auto& [coupon, issued] : counters_) {
            if (issued != 0) {
                return fmt::format("coupon {}: {} issued, but no rows", coupon, issued);
            }
        }
        return {};
    }

private:
    std::string EndOfCoupon() {
        if (!coupon_) return {};
        const std::int64_t issued = std::exchange(counters_[coupon_->value], 0);
        if (issued == rows_) return {};
        return fmt::format("coupon {}: {} issued, but {} rows", coupon_->value, issued, rows_);
    }

    Counters counters_;
    /// Of the row before. No id can stand for "none": a damaged file may hold any.
    std::optional<CouponId> coupon_;
    std::int64_t rows_ = 0;
};

}  // namespace

Result<std::vector<SqliteLedger::StoredCoupon>> LoadCouponRows(Connection& connection) {
    Result<Statement> rows =
        connection.Prepare(fmt::format("SELECT {0}, issued_quantity, checksum IS checksum_of({0}) "
                                       "FROM coupon ORDER BY id",
                                       kCouponColumns));
    if (!rows) return std::unexpected(rows.error());
    std::vector<SqliteLedger::StoredCoupon> coupons;
    int code = rows->Step();
    for (; code == SQLITE_ROW; code = rows->Step()) {
        std::expected<Coupon, std::string> coupon = ReadCoupon(*rows);
        if (!coupon) return connection.Damaged(coupon.error());
        if (rows->Int(kCouponColumnCount + 1) == 0) {
            return connection.Damaged(
                fmt::format("coupon {}: the row's checksum does not fit", coupon->id.value));
        }
        coupons.push_back(
            {.coupon = std::move(*coupon), .issued_quantity = rows->Int(kCouponColumnCount)});
    }
    if (code != SQLITE_DONE) return connection.Failure(code, "load coupons");
    return coupons;
}

Result<void> LoadIssuanceRows(
    Connection& connection,
    const std::function<Result<void>(const SqliteLedger::StoredIssuance&)>& visit) {
    Result<Counters> counters = ReadCounters(connection);
    if (!counters) return std::unexpected(counters.error());
    Result<Statement> rows = connection.Prepare(
        "SELECT key, user_id, date_issued, checksum FROM coupon_issuance ORDER BY key");
    if (!rows) return std::unexpected(rows.error());
    Result<RedemptionWalk> redemptions = RedemptionWalk::Start(connection);
    if (!redemptions) return std::unexpected(redemptions.error());
    RowCheck check(std::move(*counters));
    int code = rows->Step();
    for (; code == SQLITE_ROW; code = rows->Step()) {
        const std::int64_t key = rows->Int(0);
        const Issuance issuance{.coupon_id = CouponOfKey(key),
                                .sequence = SequenceOfKey(key),
                                .user_id = UserId(rows->Int(1)),
                                .issued_at = FromMs(rows->Int(2))};
        if (std::string fault = check.Check(key, issuance, rows->Int(3)); !fault.empty()) {
            return connection.Damaged(fault);
        }
        if (Result<void> seen = visit({issuance, redemptions->Take(key)}); !seen) return seen;
    }
    if (code != SQLITE_DONE) return connection.Failure(code, "load issuances");
    if (std::string fault = check.Finish(); !fault.empty()) return connection.Damaged(fault);
    return redemptions->Finish(connection);
}

}  // namespace coupon::ledger
