#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "common/limits.h"
#include "tests/simulation/checker_index.h"

namespace coupon::simulation {
namespace {

using admission::Outcome;

class RowRules {
public:
    RowRules(const Index& index, const Stored& stored, std::vector<Violation>& found)
        : index_(index), stored_(stored), found_(found) {}

    void Check() {
        CheckStocks();
        CheckSequences();
        for (const auto& [key, dealing] : index_.Dealings()) CheckDealing(key, dealing);
    }

private:
    void Report(Promise promise, CouponId coupon, UserId user, std::string text) {
        found_.push_back({promise, coupon, user, std::move(text)});
    }

    /// P2, and that an operator's yes is kept.
    void CheckStocks() {
        std::map<CouponId, std::int64_t> rows;
        for (const auto& row : stored_.rows) ++rows[row.issuance.coupon_id];
        for (const auto& coupon : stored_.coupons) {
            const std::int64_t stock = coupon.stock.value_or(limits::kSequenceMax);
            const StockRange told = index_.StockBetween(coupon.id, kNever - 1, kNever);
            if (rows[coupon.id] > std::min(stock, told.high)) {
                Report(Promise::kNoOversell, coupon.id, {},
                       fmt::format("{} issued of {}", rows[coupon.id], std::min(stock, told.high)));
            }
            if (stock < told.low || stock > told.high) {
                Report(Promise::kNoLostYes, coupon.id, {},
                       fmt::format("a stock of {} is stored, {} to {} was told", stock, told.low,
                                   told.high));
            }
        }
        for (const Change& change : index_.Heard().changes) {
            const bool gone = std::ranges::find(stored_.coupons, change.coupon,
                                                &Stored::CouponRow::id) == stored_.coupons.end();
            if (change.fate == Change::Fate::kDone && gone) {
                Report(Promise::kNoLostYes, change.coupon, {}, "a coupon that was created is gone");
            }
        }
        for (const Sighting& seen : index_.Heard().sightings) {
            if (seen.issued > seen.stock.value_or(limits::kSequenceMax)) {
                Report(Promise::kNoOversell, seen.coupon, {},
                       fmt::format("{} issued of {} at {}", seen.issued, *seen.stock, seen.at));
            }
        }
    }

    /// P4: sequences 1, 2, 3 ...
    void CheckSequences() {
        std::map<CouponId, std::vector<std::int64_t>> sequences;
        for (const auto& row : stored_.rows) {
            sequences[row.issuance.coupon_id].push_back(row.issuance.sequence.value);
        }
        for (auto& [coupon, list] : sequences) {
            std::ranges::sort(list);
            for (std::size_t i = 0; i < list.size(); ++i) {
                if (list[i] == static_cast<std::int64_t>(i) + 1) continue;
                Report(Promise::kOnePerUser, coupon, {},
                       fmt::format("sequence {} where {} belongs", list[i], i + 1));
                break;
            }
        }
    }

    void CheckDealing(const Index::Key& key, const Dealing& dealing) {
        const auto& [coupon, user] = key;
        if (dealing.rows.size() > 1) {
            Report(Promise::kOnePerUser, coupon, user,
                   fmt::format("holds it {} times", dealing.rows.size()));
        }
        if (dealing.Row() != nullptr && std::ranges::none_of(dealing.operations, [](const auto* o) {
                return MayHaveWon(*o);
            })) {
            Report(Promise::kHonestUncertainty, coupon, user,
                   "holds it, but was never told so and was refused each time");
        }
        Sequence won;
        for (const Operation* one : dealing.operations) {
            if (one->outcome != Outcome::kAdmitted) continue;
            if (won.value != 0 && won != one->sequence) {
                Report(Promise::kOnePerUser, coupon, user,
                       fmt::format("won #{} and #{}", won.value, one->sequence.value));
            }
            won = one->sequence;
            if (std::ranges::none_of(dealing.rows, [&](const Stored::Row* row) {
                    return row->issuance.sequence == one->sequence &&
                           row->issuance.issued_at == one->issued_at;
                })) {
                Report(Promise::kNoLostYes, coupon, user,
                       fmt::format("was told #{}, which is not stored so", one->sequence.value));
            }
            const StockRange stock = index_.StockBetween(coupon, one->asked, one->answered);
            if (one->sequence.value > stock.high) {
                Report(Promise::kNoOversell, coupon, user,
                       fmt::format("won #{} of {}", one->sequence.value, stock.high));
            }
        }
        if (dealing.Row() != nullptr) CheckRedemption(key, dealing);
    }

    /// P1 for redemptions: the last one that is certainly the last is what is stored.
    void CheckRedemption(const Index::Key& key, const Dealing& dealing) {
        const Operation* last = nullptr;
        for (const Operation* one : dealing.operations) {
            const bool changes =
                one->outcome == Outcome::kRedeemed || one->outcome == Outcome::kRedemptionUndone;
            if (changes && (last == nullptr || one->answered > last->answered)) last = one;
        }
        if (last == nullptr) return;
        for (const Operation* one : dealing.operations) {
            if (one == last || one->ask == Ask::kClaim || one->ask == Ask::kLook) continue;
            const bool may_change = one->outcome == Outcome::kRedeemed ||
                                    one->outcome == Outcome::kRedemptionUndone ||
                                    one->outcome == Outcome::kUnknown;
            if (may_change && index_.EndOfEffect(*one) >= last->asked) return;
        }
        const bool redeemed = last->outcome == Outcome::kRedeemed;
        if (dealing.Row()->redeemed != redeemed) {
            Report(Promise::kNoLostYes, key.first, key.second,
                   redeemed ? "its redemption is lost" : "its redemption is back");
        }
    }

    const Index& index_;
    const Stored& stored_;
    std::vector<Violation>& found_;
};

}  // namespace

void CheckRows(const Index& index, const Stored& stored, std::vector<Violation>& found) {
    RowRules(index, stored, found).Check();
}

}  // namespace coupon::simulation
