#include "tests/simulation/checker_index.h"

#include <algorithm>
#include <set>

#include "common/limits.h"

namespace coupon::simulation {

using admission::Outcome;

bool IsYes(const Operation& operation) { return operation.sequence.value != 0; }

bool IsUndecided(const Operation& operation) {
    return operation.outcome == Outcome::kUnknown || operation.outcome == Outcome::kUnavailable ||
           operation.outcome == Outcome::kStorageFull || operation.outcome == Outcome::kOverloaded;
}

bool MayHaveWon(const Operation& operation) {
    return operation.ask == Ask::kClaim &&
           (operation.outcome == Outcome::kAdmitted || operation.outcome == Outcome::kUnknown);
}

bool IsWrittenYes(const Operation& operation) {
    return operation.outcome == Outcome::kAdmitted || operation.outcome == Outcome::kRedeemed ||
           operation.outcome == Outcome::kRedemptionUndone;
}

Tick Dealing::FirstYes() const {
    Tick first = kNever;
    for (const Operation* one : operations) {
        if (IsYes(*one)) first = std::min(first, one->answered);
    }
    return first;
}

Tick Dealing::WinningAsk() const {
    Tick earliest = kNever;
    for (const Operation* one : operations) {
        if (one->outcome == Outcome::kAdmitted) return one->asked;
        if (MayHaveWon(*one)) earliest = std::min(earliest, one->asked);
    }
    return earliest;
}

Index::Index(const History& history, const Stored& stored) : history_(history) {
    std::set<CouponId> coupons;
    for (const Operation& one : history.operations) {
        dealings_[{one.coupon, one.user}].operations.push_back(&one);
    }
    for (const auto& row : stored.rows) {
        dealings_[{row.issuance.coupon_id, row.issuance.user_id}].rows.push_back(&row);
    }
    for (const auto& coupon : stored.coupons) coupons.insert(coupon.id);
    for (const auto& [key, dealing] : dealings_) coupons.insert(key.first);
    for (auto& [key, dealing] : dealings_) {
        std::ranges::sort(dealing.operations, {}, &Operation::asked);
    }
    coupons_.assign(coupons.begin(), coupons.end());
}

Tick Index::NextStart(Tick tick) const {
    const auto next = std::ranges::upper_bound(history_.starts, tick);
    return next == history_.starts.end() ? kNever : *next;
}

Tick Index::EndOfEffect(const Operation& operation) const {
    return operation.answered != kNever ? operation.answered : NextStart(operation.asked);
}

StockRange Index::StockBetween(CouponId coupon, Tick from, Tick to) const {
    // The last value that was certain when the time began.
    Tick certain_at = -1;
    std::int64_t certain = 0;
    const auto settle = [&](Tick at, const std::optional<std::int64_t>& stock) {
        if (at > from || at < certain_at) return;
        certain_at = at;
        certain = stock.value_or(limits::kSequenceMax);
    };
    for (const Change& change : history_.changes) {
        if (change.coupon == coupon && change.fate == Change::Fate::kDone) {
            settle(change.answered, change.stock);
        }
    }
    for (const Sighting& seen : history_.sightings) {
        if (seen.coupon == coupon && seen.after_start) settle(seen.at, seen.stock);
    }
    StockRange range{certain, certain};
    const auto widen = [&](std::int64_t stock) {
        range.low = std::min(range.low, stock);
        range.high = std::max(range.high, stock);
    };
    if (certain_at < 0) range = {limits::kSequenceMax, 0};
    for (const Change& change : history_.changes) {
        const bool over = change.fate == Change::Fate::kDone && change.answered <= from;
        if (change.coupon != coupon || change.asked > to || over || change.asked < certain_at) {
            continue;
        }
        if (change.fate == Change::Fate::kDone) widen(change.stock.value_or(limits::kSequenceMax));
        if (change.fate == Change::Fate::kUnknown) widen(certain + change.delta);
    }
    for (const Sighting& seen : history_.sightings) {
        if (seen.coupon == coupon && seen.after_start && seen.at > from && seen.at <= to) {
            widen(seen.stock.value_or(limits::kSequenceMax));
        }
    }
    return range;
}

}  // namespace coupon::simulation
