// What every form of Admission must keep. A new store is one more row of the instantiation at the
// end.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "tests/contract/admission_driver.h"
#include "tests/contract/embedded_store.h"
#include "tests/contract/redis_store.h"

namespace coupon::contract {
namespace {

using admission::Outcome;
using admission::RequestKind;

/// Hours apart, so that no test takes long enough to reach the next.
WallTime At(std::int64_t hours) {
    return WallTime{std::chrono::milliseconds{1'800'000'000'000} + std::chrono::hours{hours}};
}

struct StoreParam {
    std::string name;
    std::function<std::unique_ptr<AdmissionStore>()> make;
};

class AdmissionContract : public testing::TestWithParam<StoreParam> {
protected:
    void SetUp() override {
        store_ = GetParam().make();
        Reopen();
        store_->SetNow(At(500));
    }
    void TearDown() override { Close(); }

    /// Stops and starts the store: what was answered must still be true.
    void Reopen() {
        Close();
        admission_ = store_->Open();
        ASSERT_TRUE(admission_);
        driver_ = std::make_unique<AdmissionDriver>(*admission_);
    }
    void Close() {
        if (admission_ == nullptr) return;
        EXPECT_TRUE(admission_->Drain(std::chrono::seconds{10}));
        driver_->StopLoop();
        for (const auto& loop : more_loops_) loop->StopLoop();
        admission_.reset();
        more_loops_.clear();
        driver_.reset();
    }

    CouponId Create(std::optional<std::int64_t> total) {
        Coupon coupon;
        coupon.name = "contract";
        coupon.total_quantity = total;
        coupon.minimum_price = Money{100};
        coupon.issue_start = store_->InStore(At(0));
        coupon.issue_end = store_->InStore(At(1'000));
        coupon.expires_at = store_->InStore(At(5'000));
        const auto created = driver_->Change(admission::CreateCoupon{coupon});
        EXPECT_TRUE(created);
        return created ? created->coupon.id : CouponId{};
    }
    Outcome Claim(CouponId coupon, std::int64_t user) {
        return driver_->Claim(coupon, user).outcome;
    }
    void SetState(CouponId coupon, CouponState state) {
        EXPECT_TRUE(driver_->Change(
            admission::UpdateCoupon{.id = coupon, .name = {}, .issue_end = {}, .state = state}));
    }
    std::int64_t Issued(CouponId coupon) { return store_->Reader().FindCoupon(coupon)->issued; }

    std::unique_ptr<AdmissionStore> store_;
    std::unique_ptr<admission::Admission> admission_;
    std::unique_ptr<AdmissionDriver> driver_;
    std::vector<std::unique_ptr<AdmissionDriver>> more_loops_;
};

TEST_P(AdmissionContract, AdmitsUpToTheStockInOrder) {
    const CouponId coupon = Create(3);
    for (std::int64_t user = 1; user <= 3; ++user) {
        const auto reply = driver_->Claim(coupon, user * 100);
        EXPECT_EQ(reply.outcome, Outcome::kAdmitted);
        EXPECT_EQ(reply.sequence, Sequence{user});
        EXPECT_TRUE(store_->IsTime(reply.issued_at, At(500)));
    }
    EXPECT_EQ(Claim(coupon, 400), Outcome::kSoldOut);
    EXPECT_EQ(Issued(coupon), 3);
}

TEST_P(AdmissionContract, TellsAWinnerWhoAsksAgainTheSameSequenceWhateverHappenedSince) {
    const CouponId coupon = Create(1);
    ASSERT_EQ(Claim(coupon, 7), Outcome::kAdmitted);
    const auto expect_same = [&](const char* when) {
        const auto again = driver_->Claim(coupon, 7);
        EXPECT_EQ(again.outcome, Outcome::kDuplicate) << when;
        EXPECT_EQ(again.sequence, Sequence{1}) << when;
        EXPECT_TRUE(store_->IsTime(again.issued_at, At(500))) << when;
    };
    expect_same("sold out");
    SetState(coupon, CouponState::kPaused);
    expect_same("paused");
    store_->SetNow(At(2'000));
    expect_same("after the window");
    SetState(coupon, CouponState::kClosed);
    expect_same("closed");
    Reopen();
    expect_same("after a restart");
}

TEST_P(AdmissionContract, RemembersEverythingOverARestart) {
    const CouponId limited = Create(5);
    const CouponId unlimited = Create(std::nullopt);
    for (std::int64_t user = 1; user <= 4; ++user) {
        ASSERT_EQ(Claim(limited, user), Outcome::kAdmitted);
        ASSERT_EQ(Claim(unlimited, user), Outcome::kAdmitted);
    }
    Reopen();
    EXPECT_EQ(Issued(limited), 4);
    const auto fifth = driver_->Claim(limited, 5);
    EXPECT_EQ(fifth.outcome, Outcome::kAdmitted);
    EXPECT_EQ(fifth.sequence, Sequence{5});
    EXPECT_EQ(Claim(limited, 6), Outcome::kSoldOut);
    EXPECT_EQ(Claim(unlimited, 4), Outcome::kDuplicate);
    store_->Settle();
    EXPECT_EQ(store_->Reader().HoldingsOf(UserId{4}).size(), 2U);
}

TEST_P(AdmissionContract, KeepsTheWindow) {
    const CouponId coupon = Create(5);
    store_->SetNow(At(-1));
    EXPECT_EQ(Claim(coupon, 1), Outcome::kNotOpen);
    store_->SetNow(At(0));
    EXPECT_EQ(Claim(coupon, 1), Outcome::kAdmitted);
    store_->SetNow(At(1'000));
    EXPECT_EQ(Claim(coupon, 2), Outcome::kEnded);
}

TEST_P(AdmissionContract, PausesResumesAndCloses) {
    const CouponId coupon = Create(5);
    SetState(coupon, CouponState::kPaused);
    EXPECT_EQ(Claim(coupon, 1), Outcome::kPaused);
    Reopen();
    EXPECT_EQ(Claim(coupon, 1), Outcome::kPaused);
    SetState(coupon, CouponState::kOpen);
    EXPECT_EQ(Claim(coupon, 1), Outcome::kAdmitted);
    SetState(coupon, CouponState::kClosed);
    EXPECT_EQ(Claim(coupon, 2), Outcome::kClosed);
}

TEST_P(AdmissionContract, TopsUpAndCutsTheStock) {
    const CouponId coupon = Create(1);
    EXPECT_EQ(Claim(coupon, 1), Outcome::kAdmitted);
    EXPECT_EQ(Claim(coupon, 2), Outcome::kSoldOut);
    EXPECT_EQ(driver_->Change(admission::ChangeStock{coupon, 2})->remaining, 2);
    EXPECT_EQ(Claim(coupon, 2), Outcome::kAdmitted);
    EXPECT_EQ(driver_->Change(admission::ChangeStock{coupon, -2}).error().code,
              ErrorCode::kConflict);
    EXPECT_EQ(driver_->Change(admission::ChangeStock{coupon, -1})->remaining, 0);
    EXPECT_EQ(Claim(coupon, 3), Outcome::kSoldOut);
    Reopen();
    EXPECT_EQ(Claim(coupon, 3), Outcome::kSoldOut);
}

TEST_P(AdmissionContract, RedeemsOnceAndGivesBack) {
    const CouponId coupon = Create(1);
    const auto redeem = [&](std::int64_t amount) {
        return driver_->Ask(RequestKind::kRedeem, coupon, UserId{1}, Money{amount}).outcome;
    };
    const auto undo = [&] {
        return driver_->Ask(RequestKind::kUndoRedemption, coupon, UserId{1}).outcome;
    };
    EXPECT_EQ(redeem(500), Outcome::kNotHeld);
    ASSERT_EQ(Claim(coupon, 1), Outcome::kAdmitted);
    store_->Settle();
    EXPECT_EQ(redeem(99), Outcome::kBelowMinimumPrice);
    EXPECT_EQ(redeem(100), Outcome::kRedeemed);
    EXPECT_EQ(redeem(100), Outcome::kAlreadyRedeemed);
    Reopen();
    EXPECT_EQ(redeem(100), Outcome::kAlreadyRedeemed);
    EXPECT_TRUE(store_->Reader().FindHolding(coupon, UserId{1})->redeemed);
    EXPECT_EQ(undo(), Outcome::kRedemptionUndone);
    EXPECT_EQ(undo(), Outcome::kNotRedeemed);
    Reopen();
    EXPECT_EQ(redeem(100), Outcome::kRedeemed);
    store_->SetNow(At(5'000));
    EXPECT_EQ(undo(), Outcome::kRedemptionUndone);
    EXPECT_EQ(redeem(100), Outcome::kExpired);
}

TEST_P(AdmissionContract, RefusesBadCouponsNamingTheField) {
    Coupon coupon;
    coupon.name = "x";
    coupon.issue_start = At(5);
    coupon.issue_end = At(5);
    const auto created = driver_->Change(admission::CreateCoupon{coupon});
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(created.error().field, "issueEndDate");
    EXPECT_TRUE(store_->Reader().ListCoupons(CouponId{}, 10).empty());
}

TEST_P(AdmissionContract, KnowsNoOtherCoupon) {
    EXPECT_EQ(Claim(CouponId{99}, 1), Outcome::kUnknownCoupon);
    EXPECT_FALSE(store_->Reader().FindCoupon(CouponId{99}));
    EXPECT_EQ(driver_->Change(admission::ChangeStock{CouponId{99}, 1}).error().code,
              ErrorCode::kNotFound);
}

TEST_P(AdmissionContract, GivesEachUserOneAndEachSequenceOnceUnderConcurrency) {
    constexpr std::int64_t kStock = 500;
    constexpr int kLoops = 3;
    const CouponId coupon = Create(kStock);
    auto& loops = more_loops_;
    for (int i = 0; i < kLoops; ++i) {
        loops.push_back(std::make_unique<AdmissionDriver>(*admission_));
    }
    std::vector<std::vector<admission::UserReply>> replies(kLoops);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kLoops; ++i) {
        threads.emplace_back([&, i] {
            // Every loop asks for every user: three claims for each, two of them duplicates.
            std::vector<std::uint64_t> tags;
            for (std::int64_t user = 1; user <= 2 * kStock; ++user) {
                tags.push_back(loops[i]->Send(RequestKind::kClaim, coupon, UserId{user}));
            }
            for (const std::uint64_t tag : tags) replies[i].push_back(loops[i]->Await(tag));
        });
    }
    for (std::thread& thread : threads) thread.join();

    std::set<std::int64_t> users;
    std::set<std::int64_t> sequences;
    for (const auto& of_loop : replies) {
        for (const auto& reply : of_loop) {
            if (reply.outcome != Outcome::kAdmitted) continue;
            EXPECT_TRUE(users.insert(reply.user_id.value).second) << "P4";
            EXPECT_TRUE(sequences.insert(reply.sequence.value).second);
        }
    }
    EXPECT_EQ(users.size(), static_cast<std::size_t>(kStock)) << "P2 and P3";
    EXPECT_EQ(*sequences.rbegin(), kStock) << "no gap";
    for (const auto& of_loop : replies) {
        for (const auto& reply : of_loop) {
            const bool refused = reply.outcome == Outcome::kSoldOut;
            EXPECT_FALSE(refused && users.contains(reply.user_id.value)) << "P6";
        }
    }
}

TEST_P(AdmissionContract, AnswersEverythingThatWasTakenBeforeADrainEnds) {
    const CouponId coupon = Create(std::nullopt);
    std::vector<std::uint64_t> tags;
    for (std::int64_t user = 1; user <= 2'000; ++user) {
        tags.push_back(driver_->Send(RequestKind::kClaim, coupon, UserId{user}));
    }
    EXPECT_TRUE(admission_->Drain(std::chrono::seconds{10}));
    for (const std::uint64_t tag : tags) EXPECT_EQ(driver_->Await(tag).outcome, Outcome::kAdmitted);
    EXPECT_EQ(driver_->Claim(coupon, 5'000).outcome, Outcome::kUnavailable);
    EXPECT_EQ(driver_->Change(admission::ChangeStock{coupon, 1}).error().code,
              ErrorCode::kUnavailable);
    driver_->StopLoop();
    admission_.reset();
    Reopen();
    EXPECT_EQ(Issued(coupon), 2'000);
}

INSTANTIATE_TEST_SUITE_P(
    Stores, AdmissionContract,
    testing::Values(StoreParam{"Embedded", [] { return std::make_unique<EmbeddedStore>(); }},
                    StoreParam{"Redis", [] { return std::make_unique<RedisStore>(); }}),
    [](const auto& store) { return store.param.name; });

}  // namespace
}  // namespace coupon::contract
