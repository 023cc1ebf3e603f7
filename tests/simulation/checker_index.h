#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "tests/simulation/checker.h"
#include "tests/simulation/history.h"

namespace coupon::simulation {

/// One user's dealings with one coupon.
struct Dealing {
    std::vector<const Operation*> operations;  ///< by the tick they were asked at
    std::vector<const Stored::Row*> rows;

    const Stored::Row* Row() const { return rows.empty() ? nullptr : rows.front(); }
    /// When it first heard that it holds the coupon.
    Tick FirstYes() const;
    /// The earliest ask that can be the one that won; kNever if none can.
    Tick WinningAsk() const;
};

/// Between which bounds a stock can have been.
struct StockRange {
    std::int64_t low = 0;
    std::int64_t high = 0;
};

/// A history sorted for the rules. The history must outlive it.
class Index {
public:
    Index(const History& history, const Stored& stored);

    using Key = std::pair<CouponId, UserId>;
    const std::map<Key, Dealing>& Dealings() const { return dealings_; }
    const std::vector<CouponId>& Coupons() const { return coupons_; }
    const History& Heard() const { return history_; }

    /// The stock of a coupon, in every moment from `from` to `to`, as far as it is known.
    StockRange StockBetween(CouponId coupon, Tick from, Tick to) const;
    /// After it the operation can have no further effect: its answer, or the end of its process if
    /// there was none.
    Tick EndOfEffect(const Operation& operation) const;
    /// The first start after `tick`, kNever if there was none.
    Tick NextStart(Tick tick) const;

private:
    const History& history_;
    std::map<Key, Dealing> dealings_;
    std::vector<CouponId> coupons_;
};

/// The user was told, with a sequence, that it holds the coupon.
bool IsYes(const Operation& operation);
/// A claim that can have become a row: it was admitted, or nobody knows.
bool MayHaveWon(const Operation& operation);
/// The answer decided nothing: asking again is all that is left.
bool IsUndecided(const Operation& operation);
/// A write stands behind the yes.
bool IsWrittenYes(const Operation& operation);

// --- The rules, by what they look at
void CheckRows(const Index& index, const Stored& stored, std::vector<Violation>& found);
void CheckOrder(const Index& index, std::vector<Violation>& found);
void CheckAnswers(const Index& index, std::vector<Violation>& found);

}  // namespace coupon::simulation
