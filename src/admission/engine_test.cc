#include "admission/engine_fixture.h"

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>

#include "admission/engine_rules.h"
#include "common/limits.h"

namespace coupon::admission {
namespace {

TEST_F(AdmissionEngine, NumbersClaimsInOrderOfArrivalFromOne) {
    const CouponId coupon = Create(3);
    for (std::int64_t user = 1; user <= 3; ++user) {
        const UserReply reply = Decide(coupon, user * 10);
        EXPECT_EQ(reply.outcome, Outcome::kAdmitted);
        EXPECT_EQ(reply.sequence, Sequence{user});
        EXPECT_EQ(reply.issued_at, At(1'500));
        EXPECT_EQ(reply.tag, 9U);
    }
}

TEST_F(AdmissionEngine, NeverAdmitsMoreThanTheStock) {
    const CouponId coupon = Create(2);
    EXPECT_EQ(Claim(coupon, 1), Outcome::kAdmitted);
    EXPECT_EQ(Claim(coupon, 2), Outcome::kAdmitted);
    EXPECT_EQ(Claim(coupon, 3), Outcome::kSoldOut);
    EXPECT_EQ(engine_.FindCoupon(coupon)->remaining, 0);
}

TEST_F(AdmissionEngine, CountsTheStageAgainstTheStock) {
    const CouponId coupon = Create(1);
    EXPECT_EQ(Decide(coupon, 1).outcome, Outcome::kAdmitted);
    EXPECT_EQ(Decide(coupon, 2).outcome, Outcome::kSoldOut);
}

TEST_F(AdmissionEngine, RefusesSecondClaimOfSameUserWithTheFirstSequence) {
    const CouponId coupon = Create(10);
    Claim(coupon, 7, 1'100);
    const UserReply again = Decide(coupon, 7, 1'200);
    EXPECT_EQ(again.outcome, Outcome::kDuplicate);
    EXPECT_EQ(again.sequence, Sequence{1});
    EXPECT_EQ(again.issued_at, At(1'100));
}

TEST_F(AdmissionEngine, RefusesSecondClaimOfSameUserWithinTheStage) {
    const CouponId coupon = Create(10);
    Decide(coupon, 7);
    EXPECT_EQ(Decide(coupon, 7).outcome, Outcome::kDuplicate);
    EXPECT_EQ(engine_.StagedIssuances().size(), 1U);
}

TEST_F(AdmissionEngine, RecognisesAWinnerBeforeStateWindowAndStock) {
    const CouponId coupon = Create(1);
    Claim(coupon, 1);
    EXPECT_EQ(Claim(coupon, 1), Outcome::kDuplicate) << "sold out";
    EXPECT_EQ(Claim(coupon, 1, kEnd + 1), Outcome::kDuplicate) << "after the window";
    ASSERT_TRUE(SetState(coupon, CouponState::kClosed));
    EXPECT_EQ(Claim(coupon, 1), Outcome::kDuplicate) << "closed";
    EXPECT_EQ(Peek(coupon, 1)->outcome, Outcome::kDuplicate);
}

TEST_F(AdmissionEngine, OpensAtTheStartAndEndsBeforeTheEnd) {
    const CouponId coupon = Create(std::nullopt);
    EXPECT_EQ(Claim(coupon, 1, kStart - 1), Outcome::kNotOpen);
    EXPECT_EQ(Claim(coupon, 1, kStart), Outcome::kAdmitted);
    EXPECT_EQ(Claim(coupon, 2, kEnd - 1), Outcome::kAdmitted);
    EXPECT_EQ(Claim(coupon, 3, kEnd), Outcome::kEnded);
}

TEST_F(AdmissionEngine, RefusesWhilePausedAndGoesOnWhenResumed) {
    const CouponId coupon = Create(5);
    SetState(coupon, CouponState::kPaused);
    EXPECT_EQ(Claim(coupon, 1), Outcome::kPaused);
    SetState(coupon, CouponState::kOpen);
    EXPECT_EQ(Claim(coupon, 1), Outcome::kAdmitted);
}

TEST_F(AdmissionEngine, KeepsAClosedCouponClosed) {
    const CouponId coupon = Create(5);
    SetState(coupon, CouponState::kClosed);
    EXPECT_EQ(Claim(coupon, 1), Outcome::kClosed);
    const auto reopened = SetState(coupon, CouponState::kOpen);
    ASSERT_FALSE(reopened);
    EXPECT_EQ(reopened.error().code, ErrorCode::kConflict);
}

TEST_F(AdmissionEngine, GivesAnUnlimitedCouponToEverybodyOnce) {
    const CouponId coupon = Create(std::nullopt);
    for (std::int64_t user = 1; user <= 10'000; ++user) {
        ASSERT_EQ(Claim(coupon, user), Outcome::kAdmitted);
    }
    EXPECT_EQ(Claim(coupon, 1), Outcome::kDuplicate);
    EXPECT_EQ(engine_.FindCoupon(coupon)->issued, 10'000);
    EXPECT_FALSE(engine_.FindCoupon(coupon)->remaining);
}

TEST_F(AdmissionEngine, SellsOutACouponWithoutStockAtOnce) {
    EXPECT_EQ(Claim(Create(0), 1), Outcome::kSoldOut);
}

TEST_F(AdmissionEngine, KnowsNoCouponThatWasNotCreated) {
    Create(1);
    EXPECT_EQ(Claim(CouponId{2}, 1), Outcome::kUnknownCoupon);
    EXPECT_EQ(Claim(CouponId{limits::kIdMax}, 1), Outcome::kUnknownCoupon);
    EXPECT_EQ(Peek(CouponId{0}, 1)->outcome, Outcome::kUnknownCoupon);
}

TEST_F(AdmissionEngine, ForgetsADiscardedStage) {
    const CouponId coupon = Create(1);
    EXPECT_EQ(Decide(coupon, 1).outcome, Outcome::kAdmitted);
    engine_.Discard();
    EXPECT_FALSE(engine_.FindHolding(coupon, UserId{1}));
    const UserReply other = Decide(coupon, 2);
    EXPECT_EQ(other.outcome, Outcome::kAdmitted);
    EXPECT_EQ(other.sequence, Sequence{1}) << "a discarded sequence is used again";
}

TEST_F(AdmissionEngine, ShowsReadersNothingBeforeCommit) {
    const CouponId coupon = Create(1);
    Decide(coupon, 1);
    EXPECT_FALSE(Peek(coupon, 1)) << "neither a duplicate";
    EXPECT_FALSE(Peek(coupon, 2)) << "nor sold out";
    EXPECT_EQ(engine_.FindCoupon(coupon)->issued, 0);
    engine_.Commit();
    EXPECT_EQ(Peek(coupon, 1)->outcome, Outcome::kDuplicate);
    EXPECT_EQ(Peek(coupon, 2)->outcome, Outcome::kSoldOut);
}

TEST_F(AdmissionEngine, LeavesEndedToTheSequencer) {
    const CouponId coupon = Create(5);
    EXPECT_FALSE(Peek(coupon, 1, kEnd)) << "a claim of this user may be staged";
    EXPECT_EQ(Peek(coupon, 1, kStart - 1)->outcome, Outcome::kNotOpen);
}

TEST_F(AdmissionEngine, LeavesNotOpenToTheSequencerOnceAClaimMayBeStaged) {
    const CouponId coupon = Create(5);
    EXPECT_EQ(Decide(coupon, 1).outcome, Outcome::kAdmitted);
    EXPECT_FALSE(Peek(coupon, 1, kStart - 1)) << "the clock stepped back before the commit";
    EXPECT_EQ(Decide(coupon, 1, kStart - 1).outcome, Outcome::kDuplicate);
    EXPECT_EQ(Decide(coupon, 2, kStart - 1).outcome, Outcome::kNotOpen);
}

TEST_F(AdmissionEngine, TopsUpASoldOutCoupon) {
    const CouponId coupon = Create(1);
    Claim(coupon, 1);
    EXPECT_EQ(Peek(coupon, 2)->outcome, Outcome::kSoldOut);
    EXPECT_EQ(Change(ChangeStock{coupon, 2})->total_quantity, 3);
    EXPECT_FALSE(Peek(coupon, 2));
    EXPECT_EQ(Claim(coupon, 2), Outcome::kAdmitted);
    EXPECT_EQ(Claim(coupon, 3), Outcome::kAdmitted);
    EXPECT_EQ(Claim(coupon, 4), Outcome::kSoldOut);
}

TEST_F(AdmissionEngine, CutsTheStockDownToWhatIsIssuedAndNoFurther) {
    const CouponId coupon = Create(10);
    Claim(coupon, 1);
    Claim(coupon, 2);
    const auto below = Change(ChangeStock{coupon, -9});
    ASSERT_FALSE(below);
    EXPECT_EQ(below.error().code, ErrorCode::kConflict);
    EXPECT_EQ(Change(ChangeStock{coupon, -8})->total_quantity, 2);
    EXPECT_EQ(Claim(coupon, 3), Outcome::kSoldOut);
}

TEST_F(AdmissionEngine, RefusesStockChangesThatMakeNoSense) {
    const CouponId limited = Create(10);
    const CouponId unlimited = Create(std::nullopt);
    EXPECT_EQ(Change(ChangeStock{limited, 0}).error().field, "delta");
    EXPECT_EQ(Change(ChangeStock{limited, limits::kSequenceMax}).error().field, "delta");
    EXPECT_EQ(Change(ChangeStock{limited, INT64_MIN}).error().code, ErrorCode::kConflict);
    EXPECT_EQ(Change(ChangeStock{unlimited, 5}).error().code, ErrorCode::kConflict);
    EXPECT_EQ(Change(ChangeStock{CouponId{77}, 5}).error().code, ErrorCode::kNotFound);
}

TEST_F(AdmissionEngine, MovesTheEndOfTheWindow) {
    const CouponId coupon = Create(10);
    Change(UpdateCoupon{.id = coupon, .name = "renamed", .issue_end = At(kEnd + 500), .state = {}});
    EXPECT_EQ(Claim(coupon, 1, kEnd + 400), Outcome::kAdmitted);
    EXPECT_EQ(engine_.FindCoupon(coupon)->coupon.name, "renamed");
    const auto before_start =
        Change(UpdateCoupon{.id = coupon, .name = {}, .issue_end = At(kStart), .state = {}});
    EXPECT_EQ(before_start.error().field, "issueEndDate");
}

TEST_F(AdmissionEngine, HasNoStockBeyondTheLastSequenceEvenWhereItIsUnlimited) {
    EXPECT_EQ(StockOf(MakeCoupon(std::nullopt)), limits::kSequenceMax);
    EXPECT_EQ(StockOf(MakeCoupon(limits::kSequenceMax)), limits::kSequenceMax);
    EXPECT_EQ(StockOf(MakeCoupon(limits::kSequenceMax + 1)), limits::kSequenceMax);
}

TEST_F(AdmissionEngine, CreatesNoCouponBeyondTheLastId) {
    Coupon last = MakeCoupon(1);
    last.id = CouponId{limits::kCouponsMax};
    ASSERT_TRUE(engine_.RestoreCoupon(last));
    const auto beyond = Change(CreateCoupon{MakeCoupon(1)});
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error().code, ErrorCode::kConflict) << "asking again never helps";
    EXPECT_FALSE(beyond.error().retry_is_safe);
}

TEST_F(AdmissionEngine, KeepsStampsInOrderWhenTheClockStepsBack) {
    const CouponId coupon = Create(10);
    EXPECT_EQ(Decide(coupon, 1, 1'900).issued_at, At(1'900));
    EXPECT_EQ(Decide(coupon, 2, 1'100).issued_at, At(1'900));
}

TEST_F(AdmissionEngine, ListsWhatAUserHoldsWithoutShadowCoupons) {
    const CouponId first = Create(5);
    Coupon shadow = MakeCoupon(5);
    shadow.shadow = true;
    const CouponId hidden = Create(shadow);
    const CouponId third = Create(5);
    for (const CouponId coupon : {first, hidden, third}) Claim(coupon, 1);
    const auto holdings = engine_.HoldingsOf(UserId{1});
    ASSERT_EQ(holdings.size(), 2U);
    EXPECT_EQ(holdings[0].coupon_id, first);
    EXPECT_EQ(holdings[1].coupon_id, third);
    EXPECT_EQ(engine_.ListCoupons(CouponId{0}, 10).size(), 2U);
    EXPECT_EQ(engine_.ListCoupons(first, 10).size(), 1U);
    EXPECT_EQ(engine_.ListCoupons(CouponId{0}, 1).size(), 1U);
    EXPECT_TRUE(engine_.FindHolding(hidden, UserId{1}));
}

TEST_F(AdmissionEngine, TellsReadersSoldOutOnlyWhenItIsTrueWhileAnotherThreadClaimsAndTopsUp) {
    // P3 and P6 on the fast path: a winner is never told "sold out", and "sold out" never precedes
    // the last claim.
    const CouponId coupon = Create(1'000);
    std::atomic<std::int64_t> committed{0};
    std::atomic<bool> done{false};
    std::atomic<std::int64_t> lies{0};
    std::thread reader([&] {
        while (!done.load(std::memory_order_acquire)) {
            const std::int64_t winner = committed.load(std::memory_order_acquire);
            if (winner == 0) continue;
            const auto reply = Peek(coupon, winner);
            if (!reply || reply->outcome != Outcome::kDuplicate ||
                reply->sequence != Sequence{winner}) {
                lies.fetch_add(1);
            }
        }
    });
    std::int64_t total = 1'000;
    for (std::int64_t user = 1; user <= 50'000; ++user) {
        if (user > total) {
            Change(ChangeStock{coupon, 1'000});
            total += 1'000;
        }
        ASSERT_EQ(Claim(coupon, user), Outcome::kAdmitted);
        committed.store(user, std::memory_order_release);
    }
    done.store(true, std::memory_order_release);
    reader.join();
    EXPECT_EQ(lies.load(), 0);
}

}  // namespace
}  // namespace coupon::admission
