// What is answered, and when, while Redis or the database does not answer.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "admission/redis_admission_fixture.h"
#include "common/limits_distributed.h"

namespace coupon::admission {
namespace {

using ::testing::AnyOf;

class RedisOutage : public RedisAdmissionTest {
protected:
    /// Waits until `tag` can be answered by nobody but the stop: sent, or behind what was sent.
    std::vector<std::uint64_t> SendIntoTheVoid(CouponId id) {
        EXPECT_EQ(Claimed(id, 1), Outcome::kAdmitted);
        return SendWhilePaused(id, 2, 5);
    }
    /// The database does not let anybody else change this coupon's row while the lease lives.
    ledger::MysqlLease LockRow(ledger::MysqlPool& pool, CouponId id) {
        auto lease = pool.Take();
        EXPECT_TRUE(lease);
        ledger::Must((*lease)->Begin());
        ledger::Must((*lease)->Query(
            fmt::format("SELECT id FROM coupon WHERE id = {} FOR UPDATE", id.value)));
        return std::move(*lease);
    }
};

TEST_F(RedisOutage, AnswersWhatIsOutWhenAStopCannotWaitLonger) {
    Open(Patient);
    const auto tags = SendIntoTheVoid(NewCoupon(10));
    EXPECT_TRUE(admission_->Drain(std::chrono::milliseconds{0}));
    EXPECT_EQ(driver_->Await(tags.front()).outcome, Outcome::kUnknown) << "it was sent";
    for (std::size_t i = 1; i < tags.size(); ++i) {
        // Those that were quick enough went with the first.
        EXPECT_THAT(driver_->Await(tags[i]).outcome,
                    AnyOf(Outcome::kUnknown, Outcome::kUnavailable));
    }
    redis_.Resume();
}

TEST_F(RedisOutage, StopsWhereNoLoopIsLeftToAnswer) {
    Open(Patient);
    SendIntoTheVoid(NewCoupon(10));
    driver_->StopLoop();
    EXPECT_TRUE(admission_->Drain(std::chrono::milliseconds{0}));
    redis_.Resume();
}

TEST_F(RedisOutage, AnswersARedemptionThatTheStopBreaksOff) {
    Open();
    const CouponId id = NewCoupon(5);
    ASSERT_EQ(Claimed(id, 1), Outcome::kAdmitted);
    redis_.Pause();
    // The ledger does not know the user; who was admitted is asked of Redis.
    const auto tag = driver_->Send(RequestKind::kRedeem, id, UserId{1}, Money{30'000});
    EXPECT_TRUE(admission_->Drain(std::chrono::milliseconds{0}));
    const Outcome outcome = driver_->Await(tag).outcome;
    EXPECT_TRUE(outcome == Outcome::kUnknown || outcome == Outcome::kUnavailable);
    redis_.Resume();
}

TEST_F(RedisOutage, CountsWhatItShedsAsTheEmbeddedFormDoes) {
    Open([](RedisAdmissionOptions& options) { options.wait_max = std::chrono::seconds{1}; });
    const CouponId id = NewCoupon(std::nullopt);
    ASSERT_EQ(Claimed(id, 1), Outcome::kAdmitted);
    SendWhilePaused(id, 2, 2);
    const auto waited = driver_->Send(RequestKind::kClaim, id, UserId{3}, {},
                                      std::chrono::steady_clock::now() - std::chrono::seconds{1});
    EXPECT_EQ(driver_->Await(waited).outcome, Outcome::kOverloaded);
    EXPECT_EQ(admission_->Numbers().shed, 1U);
    EXPECT_EQ(admission_->Numbers().overloaded, 0U) << "no queue was full";
    redis_.Resume();
}

TEST_F(RedisOutage, LoadsOtherCouponsBesideOneWhoseLoadHangs) {
    Open([](RedisAdmissionOptions& options) { options.wait_max = std::chrono::seconds{5}; });
    const CouponId stuck = NewCoupon(5);
    const CouponId other = NewCoupon(5);
    const auto pool = MakePool();
    const auto lock = LockRow(*pool, stuck);
    const auto waits = driver_->Send(RequestKind::kClaim, stuck, UserId{1});
    EXPECT_EQ(Claimed(other, 1), Outcome::kAdmitted);
    // Whichever comes first: the database gives up, or the claim has waited for too long.
    EXPECT_THAT(driver_->Await(waits).outcome, AnyOf(Outcome::kUnavailable, Outcome::kOverloaded));
}

TEST_F(RedisOutage, AnswersInTimeWhereAllLoadsHang) {
    Open([](RedisAdmissionOptions& options) { options.wait_max = std::chrono::milliseconds{300}; });
    std::vector<CouponId> coupons;
    for (std::size_t i = 0; i < limits::kLoadThreads + 2; ++i) coupons.push_back(NewCoupon(5));
    Server().Pause();
    std::vector<std::uint64_t> tags;
    for (const CouponId id : coupons) {
        tags.push_back(driver_->Send(RequestKind::kClaim, id, UserId{1}));
    }
    for (const std::uint64_t tag : tags) {
        EXPECT_EQ(driver_->Await(tag).outcome, Outcome::kUnavailable);
    }
    // Those that no thread has begun are not begun any more.
    EXPECT_TRUE(Eventually([&] { return admission_->Numbers().load_failures >= 2; }));
    Server().Resume();
    EXPECT_TRUE(Eventually([&] { return Claimed(coupons.back(), 1) == Outcome::kAdmitted; }));
}

TEST_F(RedisOutage, AnswersRedemptionsInTimeWhereTheDatabaseHangs) {
    Open([](RedisAdmissionOptions& options) { options.wait_max = std::chrono::seconds{1}; });
    const CouponId id = NewCoupon(5);
    ASSERT_EQ(Claimed(id, 1), Outcome::kAdmitted);
    Server().Pause();
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::uint64_t> tags;
    for (std::size_t i = 0; i < limits::kLedgerCallThreads + 2; ++i) {
        tags.push_back(driver_->Send(RequestKind::kRedeem, id, UserId{1}, Money{30'000}));
    }
    for (std::size_t i = limits::kLedgerCallThreads; i < tags.size(); ++i) {
        EXPECT_EQ(driver_->Await(tags[i]).outcome, Outcome::kOverloaded) << "not begun";
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begin, Options().connection_timeout)
        << "not when a thread comes free";
    EXPECT_EQ(admission_->Numbers().shed, 2U);
    EXPECT_EQ(Claimed(id, 2), Outcome::kAdmitted) << "claims need no database";
    Server().Resume();
}

}  // namespace
}  // namespace coupon::admission
