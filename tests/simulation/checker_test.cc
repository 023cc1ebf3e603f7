#include "tests/simulation/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace coupon::simulation {
namespace {

using admission::Outcome;
using testing::Contains;
using testing::IsEmpty;

WallTime At(std::int64_t ms) { return WallTime{std::chrono::milliseconds{ms}}; }

/// A clean history of coupon 1, stock 2: users 11 and 12 win, 13 is told "sold out", 11 asks again,
/// redeems; 14 is cut off and refused later. Each test breaks it in one place.
class SimulationChecker : public testing::Test {
protected:
    SimulationChecker() {
        history_.starts = {1, 500};
        history_.changes.push_back({.coupon = CouponId{1},
                                    .asked = 2,
                                    .answered = 3,
                                    .fate = Change::Fate::kDone,
                                    .stock = 2});
        Told(Ask::kClaim, 11, 10, 11, Outcome::kAdmitted, 1);
        Told(Ask::kClaim, 12, 12, 13, Outcome::kAdmitted, 2);
        Told(Ask::kClaim, 13, 14, 15, Outcome::kSoldOut);
        Told(Ask::kClaim, 11, 16, 17, Outcome::kDuplicate, 1);
        Told(Ask::kRedeem, 11, 18, 19, Outcome::kRedeemed, 1);
        Told(Ask::kClaim, 14, 20, kNever, Outcome::kUnknown);
        Told(Ask::kClaim, 14, 510, 511, Outcome::kSoldOut);
        stored_.coupons.push_back({CouponId{1}, 2});
        stored_.rows = {Row(11, 1, true), Row(12, 2, false)};
    }

    Operation& Told(Ask ask, std::int64_t user, Tick asked, Tick answered, Outcome outcome,
                    std::int64_t sequence = 0) {
        history_.operations.push_back({.ask = ask,
                                       .coupon = CouponId{1},
                                       .user = UserId{user},
                                       .asked = asked,
                                       .answered = answered,
                                       .outcome = outcome,
                                       .sequence = Sequence{sequence},
                                       .issued_at = At(sequence * 100)});
        return history_.operations.back();
    }

    static Stored::Row Row(std::int64_t user, std::int64_t sequence, bool redeemed) {
        return {{CouponId{1}, Sequence{sequence}, UserId{user}, At(sequence * 100)}, redeemed};
    }

    std::vector<Promise> Broken() const {
        std::vector<Promise> promises;
        for (const Violation& violation : Check(history_, stored_)) {
            promises.push_back(violation.promise);
        }
        return promises;
    }

    History history_;
    Stored stored_;
};

TEST_F(SimulationChecker, FindsNothingInACleanHistory) { EXPECT_THAT(Broken(), IsEmpty()); }

TEST_F(SimulationChecker, GrantsEveryFateOfARequestThatWasCutOff) {
    history_.operations.pop_back();
    history_.changes.front().stock = stored_.coupons.front().stock = 3;
    history_.operations[2].outcome = Outcome::kPaused;
    EXPECT_THAT(Broken(), IsEmpty());
    stored_.rows.push_back(Row(14, 3, false));
    EXPECT_THAT(Broken(), IsEmpty());
}

TEST_F(SimulationChecker, GrantsEveryFateOfAChangeThatWasCutOff) {
    history_.changes.push_back({.coupon = CouponId{1}, .asked = 21, .delta = 5});
    EXPECT_THAT(Broken(), IsEmpty());
    stored_.coupons.front().stock = 7;
    EXPECT_THAT(Broken(), IsEmpty());
}

TEST_F(SimulationChecker, FindsAYesThatIsNotStored) {
    stored_.rows.pop_back();
    EXPECT_THAT(Broken(), Contains(Promise::kNoLostYes));
}

TEST_F(SimulationChecker, FindsAYesStoredWithAnotherSequence) {
    std::swap(stored_.rows[0].issuance.user_id, stored_.rows[1].issuance.user_id);
    EXPECT_THAT(Broken(), Contains(Promise::kNoLostYes));
}

TEST_F(SimulationChecker, FindsALostRedemption) {
    stored_.rows[0].redeemed = false;
    EXPECT_THAT(Broken(), Contains(Promise::kNoLostYes));
}

TEST_F(SimulationChecker, FindsALostCoupon) {
    stored_.coupons.clear();
    EXPECT_THAT(Broken(), Contains(Promise::kNoLostYes));
}

TEST_F(SimulationChecker, FindsALostChangeOfTheStock) {
    stored_.coupons.front().stock = 5;
    EXPECT_THAT(Broken(), Contains(Promise::kNoLostYes));
}

TEST_F(SimulationChecker, FindsMoreRowsThanStock) {
    history_.operations[6].outcome = Outcome::kUnknown;
    stored_.rows.push_back(Row(14, 3, false));
    EXPECT_THAT(Broken(), Contains(Promise::kNoOversell));
}

TEST_F(SimulationChecker, FindsAViewThatShowsMoreIssuedThanStock) {
    history_.sightings.push_back({.coupon = CouponId{1}, .at = 30, .stock = 2, .issued = 3});
    EXPECT_THAT(Broken(), Contains(Promise::kNoOversell));
}

TEST_F(SimulationChecker, FindsAWinBeyondTheStockOfItsTime) {
    history_.changes.push_back({.coupon = CouponId{1},
                                .asked = 600,
                                .answered = 601,
                                .fate = Change::Fate::kDone,
                                .delta = 3,
                                .stock = 5});
    stored_.coupons.front().stock = 5;
    EXPECT_THAT(Broken(), IsEmpty());
    Told(Ask::kClaim, 15, 22, 23, Outcome::kAdmitted, 3);
    stored_.rows.push_back(Row(15, 3, false));
    EXPECT_THAT(Broken(), Contains(Promise::kNoOversell));
}

TEST_F(SimulationChecker, FindsASoldOutWithStockLeft) {
    history_.changes.front().stock = stored_.coupons.front().stock = 3;
    EXPECT_THAT(Broken(), Contains(Promise::kNoSilentUndersell));
}

TEST_F(SimulationChecker, FindsARowTwice) {
    stored_.rows[1].issuance.user_id = UserId{11};
    EXPECT_THAT(Broken(), Contains(Promise::kOnePerUser));
}

TEST_F(SimulationChecker, FindsAGapInTheSequences) {
    stored_.rows.erase(stored_.rows.begin());
    EXPECT_THAT(Broken(), Contains(Promise::kOnePerUser));
}

TEST_F(SimulationChecker, FindsAUserWhoWinsTwice) {
    Told(Ask::kClaim, 11, 22, 23, Outcome::kAdmitted, 1);
    EXPECT_THAT(Broken(), Contains(Promise::kOnePerUser));
}

TEST_F(SimulationChecker, FindsALaterClaimWithALowerSequence) {
    std::swap(history_.operations[0].asked, history_.operations[1].asked);
    std::swap(history_.operations[0].answered, history_.operations[1].answered);
    EXPECT_THAT(Broken(), Contains(Promise::kFirstComeFirst));
}

TEST_F(SimulationChecker, FindsAWinnerWhoAskedAfterSoldOut) {
    history_.operations[1].asked = 40;
    history_.operations[1].answered = 41;
    EXPECT_THAT(Broken(), Contains(Promise::kFirstComeFirst));
}

TEST_F(SimulationChecker, FindsAWinnerWhoIsNotRecognised) {
    for (const Outcome outcome : {Outcome::kSoldOut, Outcome::kEnded, Outcome::kNotHeld}) {
        history_.operations[3].outcome = outcome;
        history_.operations[3].sequence = {};
        EXPECT_THAT(Broken(), Contains(Promise::kHonestUncertainty));
    }
}

TEST_F(SimulationChecker, FindsADuplicateWithAnotherSequence) {
    history_.operations[3].sequence = Sequence{2};
    EXPECT_THAT(Broken(), Contains(Promise::kHonestUncertainty));
}

TEST_F(SimulationChecker, FindsADuplicateToldToWhoNeverClaimed) {
    Told(Ask::kClaim, 15, 22, 23, Outcome::kDuplicate, 2);
    EXPECT_THAT(Broken(), Contains(Promise::kHonestUncertainty));
}

TEST_F(SimulationChecker, FindsARefusalOfWhoHoldsItAfterAll) {
    history_.operations[2].outcome = Outcome::kPaused;
    history_.changes.front().stock = stored_.coupons.front().stock = 3;
    history_.operations[6].outcome = Outcome::kPaused;
    stored_.rows.push_back(Row(14, 3, false));
    EXPECT_THAT(Broken(), Contains(Promise::kHonestUncertainty));
}

TEST_F(SimulationChecker, FindsARowThatWasOnlyEverRefused) {
    history_.operations[1].outcome = Outcome::kUnavailable;
    history_.operations[1].sequence = {};
    EXPECT_THAT(Broken(), Contains(Promise::kHonestUncertainty));
}

TEST_F(SimulationChecker, FindsACouponThatIsDenied) {
    history_.operations[2].outcome = Outcome::kUnknownCoupon;
    EXPECT_THAT(Broken(), Contains(Promise::kHonestUncertainty));
}

TEST_F(SimulationChecker, FindsAYesBetweenADiskErrorAndTheNextStart) {
    history_.disk_errors = {11};
    EXPECT_THAT(Broken(), Contains(Promise::kFailClosed));
    history_.disk_errors = {30};
    EXPECT_THAT(Broken(), IsEmpty());
}

TEST_F(SimulationChecker, FindsAChangeBetweenADiskErrorAndTheNextStart) {
    history_.disk_errors = {1};
    EXPECT_THAT(Broken(), Contains(Promise::kFailClosed));
}

}  // namespace
}  // namespace coupon::simulation
