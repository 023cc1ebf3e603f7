#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "admission/redis_admission.h"
#include "admission/redis_ledger_fixture.h"
#include "common/clock.h"
#include "tests/contract/admission_driver.h"

namespace coupon::admission {

/// RedisAdmission over a real Redis and a real database, with one event loop.
class RedisAdmissionTest : public RedisLedgerTest {
protected:
    /// So that a busy machine sheds nothing.
    static void Patient(RedisAdmissionOptions& options) {
        options.wait_max = std::chrono::minutes{1};
    }
    /// So that no refusal is forgotten by time.
    static void Remembering(RedisAdmissionOptions& options) {
        options.refusal_cached = std::chrono::hours{1};
    }
    void Open(const std::function<void(RedisAdmissionOptions&)>& change =
                  [](RedisAdmissionOptions&) {}) {
        RedisAdmissionOptions options{.redis = RedisOptionsFor(redis_.Port())};
        change(options);
        auto opened = RedisAdmission::Open(options, *pool_, clock_);
        ASSERT_TRUE(opened) << Describe(opened.error());
        admission_ = std::move(*opened);
        driver_ = std::make_unique<contract::AdmissionDriver>(*admission_);
    }
    void TearDown() override {
        if (driver_ == nullptr) return;
        EXPECT_TRUE(admission_->Drain(kTestPatience));
        driver_->StopLoop();
        admission_.reset();
    }
    UserReply Claim(CouponId id, std::int64_t user) { return driver_->Claim(id, user); }
    Outcome Claimed(CouponId id, std::int64_t user) { return Claim(id, user).outcome; }
    /// While Redis stands still claims are sent and wait; on its way again it answers all.
    std::vector<std::uint64_t> SendWhilePaused(CouponId id, std::int64_t first, std::int64_t last) {
        redis_.Pause();
        std::vector<std::uint64_t> tags;
        for (std::int64_t user = first; user <= last; ++user) {
            tags.push_back(driver_->Send(RequestKind::kClaim, id, UserId{user}));
        }
        return tags;
    }

    SystemClock clock_;
    std::unique_ptr<RedisAdmission> admission_;
    std::unique_ptr<contract::AdmissionDriver> driver_;
};

}  // namespace coupon::admission
