#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "tests/simulation/checker_index.h"

namespace coupon::simulation {
namespace {

using admission::Outcome;

class AnswerRules {
public:
    AnswerRules(const Index& index, std::vector<Violation>& found) : index_(index), found_(found) {}

    void Check() {
        for (const auto& [key, dealing] : index_.Dealings()) {
            CheckRecognition(key, dealing);
            CheckDuplicates(key, dealing);
            CheckRefusals(key, dealing);
        }
        CheckUnknownCoupons();
        CheckClosed();
    }

private:
    void Report(Promise promise, const Index::Key& key, std::string text) {
        found_.push_back({promise, key.first, key.second, std::move(text)});
    }

    /// P6: once told, always told, with the same sequence and stamp.
    void CheckRecognition(const Index::Key& key, const Dealing& dealing) {
        const Tick known = dealing.FirstYes();
        const Operation* first = nullptr;
        for (const Operation* one : dealing.operations) {
            if (IsYes(*one)) {
                if (first == nullptr) first = one;
                if (one->sequence != first->sequence || one->issued_at != first->issued_at) {
                    Report(Promise::kHonestUncertainty, key,
                           fmt::format("was told #{} and #{}", first->sequence.value,
                                       one->sequence.value));
                }
            } else if (one->asked > known && !IsUndecided(*one)) {
                Report(Promise::kHonestUncertainty, key,
                       fmt::format("was not recognised as a winner: {} at {}",
                                   ToString(one->outcome), one->answered));
            }
            if (one->outcome == Outcome::kAdmitted && one->asked > known) {
                Report(Promise::kOnePerUser, key,
                       fmt::format("won again, with #{}", one->sequence.value));
            }
        }
    }

    /// P6: a duplicate, or a redemption's answer, is told only of a claim that can have won, and of
    /// the stored one.
    void CheckDuplicates(const Index::Key& key, const Dealing& dealing) {
        for (const Operation* one : dealing.operations) {
            if (!IsYes(*one) || one->outcome == Outcome::kAdmitted) continue;
            if (std::ranges::none_of(dealing.operations, [&](const Operation* other) {
                    return other != one && MayHaveWon(*other) && other->asked < one->answered;
                })) {
                Report(
                    Promise::kHonestUncertainty, key,
                    fmt::format("was told {} without a claim before it", ToString(one->outcome)));
            }
            const Stored::Row* row = dealing.Row();
            if (row == nullptr || row->issuance.sequence != one->sequence ||
                row->issuance.issued_at != one->issued_at) {
                Report(Promise::kHonestUncertainty, key,
                       fmt::format("was told {} with #{}, which is not stored so",
                                   ToString(one->outcome), one->sequence.value));
            }
        }
    }

    /// P6: who is refused when all its claims are settled does not hold the coupon later.
    void CheckRefusals(const Index::Key& key, const Dealing& dealing) {
        if (dealing.Row() == nullptr) return;
        for (const Operation* refusal : dealing.operations) {
            if (IsYes(*refusal) || IsUndecided(*refusal)) continue;
            const bool could_win_later =
                std::ranges::any_of(dealing.operations, [&](const Operation* other) {
                    return MayHaveWon(*other) && index_.EndOfEffect(*other) >= refusal->asked;
                });
            if (!could_win_later) {
                Report(Promise::kHonestUncertainty, key,
                       fmt::format("was told {} at {}, but holds the coupon",
                                   ToString(refusal->outcome), refusal->answered));
            }
        }
    }

    void CheckUnknownCoupons() {
        for (const Operation& one : index_.Heard().operations) {
            if (one.outcome != Outcome::kUnknownCoupon) continue;
            for (const Change& change : index_.Heard().changes) {
                if (change.coupon != one.coupon || change.fate != Change::Fate::kDone ||
                    change.answered > one.asked)
                    continue;
                Report(Promise::kHonestUncertainty, {one.coupon, one.user},
                       "was told that there is no such coupon");
                break;
            }
        }
    }

    /// P7: after a disk error and until the next start, nothing that needs a write is answered with
    /// yes.
    void CheckClosed() {
        for (const Tick error : index_.Heard().disk_errors) {
            const Tick start = index_.NextStart(error);
            for (const Operation& one : index_.Heard().operations) {
                if (one.asked > error && one.answered < start && IsWrittenYes(one)) {
                    Report(Promise::kFailClosed, {one.coupon, one.user},
                           fmt::format("was told {} at {} after the disk error at {}",
                                       ToString(one.outcome), one.answered, error));
                }
            }
            for (const Change& change : index_.Heard().changes) {
                if (change.asked > error && change.answered < start &&
                    change.fate == Change::Fate::kDone) {
                    Report(Promise::kFailClosed, {change.coupon, {}},
                           "was changed after a disk error");
                }
            }
        }
    }

    const Index& index_;
    std::vector<Violation>& found_;
};

}  // namespace

void CheckAnswers(const Index& index, std::vector<Violation>& found) {
    AnswerRules(index, found).Check();
}

}  // namespace coupon::simulation
