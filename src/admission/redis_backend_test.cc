#include "admission/redis_backend.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>

#include "admission/redis_ledger_fixture.h"

namespace coupon::admission {
namespace {

class RedisBackendTest : public RedisLedgerTest {
protected:
    RedisBackendTest() {
        auto opened = RedisBackend::Open({.redis = RedisOptionsFor(redis_.Port())}, *pool_, clock_);
        EXPECT_TRUE(opened) << Describe(opened.error());
        backend_ = std::move(*opened);
    }
    /// Looks a row up that is not there, and counts that it did.
    bool LookUp(const std::weak_ptr<const bool>& waits) {
        return backend_->FindIssued(CouponId{1}, UserId{1}, waits,
                                    [this](const auto&) { look_ups_.fetch_add(1); });
    }

    SystemClock clock_;
    std::atomic<int> look_ups_ = 0;
    std::unique_ptr<RedisBackend> backend_;
};

TEST_F(RedisBackendTest, StartsNoLookUpThatNobodyWaitsForAnyMore) {
    const auto waits = std::make_shared<const bool>(true);
    auto gone = std::make_shared<const bool>(true);
    Server().Pause();
    EXPECT_TRUE(LookUp(waits));  // hangs
    EXPECT_TRUE(LookUp(gone));
    EXPECT_TRUE(LookUp(waits));
    gone.reset();
    Server().Resume();
    EXPECT_TRUE(Eventually([&] { return look_ups_.load() == 2; }));
    backend_->Stop();
    EXPECT_EQ(look_ups_.load(), 2);
}

TEST_F(RedisBackendTest, WaitsForALoadOnlySoLong) {
    const CouponId id = NewCoupon(5);
    EXPECT_EQ(ledger::Must(backend_->LoadWithin(id, kTestPatience)).epoch, 1);
    Do({"FLUSHALL"});
    redis_.Pause();
    const auto late = backend_->LoadWithin(id, std::chrono::milliseconds{50});
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, ErrorCode::kUnavailable);
    EXPECT_TRUE(late.error().retry_is_safe);
    redis_.Resume();
    EXPECT_TRUE(Eventually([&] { return Policy(id, "epoch") == "2"; })) << "it went on";
}

TEST_F(RedisBackendTest, BreaksOffWhatWaitsForRedisAtAStop) {
    const CouponId id = NewCoupon(5);
    redis_.Pause();
    std::promise<Result<LoadedCoupon>> loaded;
    ASSERT_TRUE(backend_->Load(id, [&](const auto& result) { loaded.set_value(result); }));
    const auto begin = std::chrono::steady_clock::now();
    backend_->Stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, limits::kRedisCallPatience);
    auto future = loaded.get_future();
    ASSERT_EQ(future.wait_for(std::chrono::seconds{0}), std::future_status::ready);
    EXPECT_FALSE(future.get());
    redis_.Resume();
}

}  // namespace
}  // namespace coupon::admission
