#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "tests/simulation/checker_index.h"

namespace coupon::simulation {
namespace {

using admission::Outcome;

/// A row, since when its user knows of it, and when it was asked for.
struct Winner {
    UserId user;
    std::int64_t sequence = 0;
    Tick known = kNever;
    Tick asked = kNever;
};

struct SoldOut {
    UserId user;
    Tick answered = 0;
    std::int64_t stock = 0;  ///< the lowest that it can have been about
};

class OrderRules {
public:
    OrderRules(const Index& index, CouponId coupon, std::vector<Violation>& found)
        : coupon_(coupon), found_(found) {
        for (const auto& [key, dealing] : index.Dealings()) {
            if (key.first != coupon) continue;
            for (const auto* row : dealing.rows) {
                winners_.push_back({.user = key.second,
                                    .sequence = row->issuance.sequence.value,
                                    .known = dealing.FirstYes(),
                                    .asked = dealing.WinningAsk()});
            }
            for (const Operation* one : dealing.operations) {
                if (one->outcome != Outcome::kSoldOut) continue;
                sold_out_.push_back(
                    {.user = key.second,
                     .answered = one->answered,
                     .stock = index.StockBetween(coupon, one->asked, one->answered).low});
            }
        }
    }

    void Check() {
        CheckRealTime();
        CheckSoldOut();
    }

private:
    void Report(Promise promise, UserId user, std::string text) {
        found_.push_back({promise, coupon_, user, std::move(text)});
    }

    /// P5: who was answered before another asked has the lower sequence.
    void CheckRealTime() {
        std::ranges::sort(winners_, std::ranges::greater{}, &Winner::sequence);
        const Winner* first_known = nullptr;  // of those with a higher sequence
        for (const Winner& winner : winners_) {
            if (first_known != nullptr && winner.asked != kNever &&
                first_known->known < winner.asked) {
                Report(Promise::kFirstComeFirst, winner.user,
                       fmt::format("#{} was asked for after user {} had #{}", winner.sequence,
                                   first_known->user.value, first_known->sequence));
            }
            if (first_known == nullptr || winner.known < first_known->known) first_known = &winner;
        }
    }

    /// P3: the stock of a "sold out" is issued. P5: nobody who asks after it gets a part of that
    /// stock.
    void CheckSoldOut() {
        const auto rows = static_cast<std::int64_t>(winners_.size());
        for (const SoldOut& told : sold_out_) {
            if (rows < told.stock) {
                Report(Promise::kNoSilentUndersell, told.user,
                       fmt::format("was told sold out, but {} of {} are issued", rows, told.stock));
            }
            for (const Winner& winner : winners_) {
                if (winner.asked == kNever || winner.asked < told.answered ||
                    winner.sequence > told.stock)
                    continue;
                Report(Promise::kFirstComeFirst, winner.user,
                       fmt::format("asked after user {} was told sold out and got #{} of {}",
                                   told.user.value, winner.sequence, told.stock));
            }
        }
    }

    CouponId coupon_;
    std::vector<Violation>& found_;
    std::vector<Winner> winners_;
    std::vector<SoldOut> sold_out_;
};

}  // namespace

void CheckOrder(const Index& index, std::vector<Violation>& found) {
    for (const CouponId coupon : index.Coupons()) OrderRules(index, coupon, found).Check();
}

}  // namespace coupon::simulation
