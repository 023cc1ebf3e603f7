#include "queue/consumer_health.h"

#include <gtest/gtest.h>

#include "common/limits.h"
#include "common/limits_consumer.h"

namespace coupon::queue {
namespace {

class ConsumerHealthTest : public ::testing::Test {
protected:
    void SetUp() override {
        health_.OnRedis(std::nullopt);
        health_.OnSweep(std::nullopt);
    }
    bool Ready() const { return !health_.WhyNotReady(now_); }

    const Error locked_{.operation = "write", .detail = "locked"};
    MonotonicTime now_{std::chrono::seconds(100)};
    ConsumerHealth health_;
};

TEST_F(ConsumerHealthTest, IsNotReadyBeforeBothServicesHaveAnswered) {
    ConsumerHealth health;
    EXPECT_TRUE(health.WhyNotReady(now_));
    health.OnRedis(std::nullopt);
    EXPECT_TRUE(health.WhyNotReady(now_));
    health.OnSweep(std::nullopt);
    EXPECT_FALSE(health.WhyNotReady(now_));
    health.OnRedis(Error{.operation = "read", .detail = "gone"});
    EXPECT_EQ(health.WhyNotReady(now_), "Redis: gone");
}

TEST_F(ConsumerHealthTest, IsNotReadyWhenNothingWasWrittenForLongSinceTheFirstFailure) {
    health_.OnBatch(locked_, now_);
    now_ += limits::kWriteStall;
    EXPECT_TRUE(Ready());
    health_.OnBatch(locked_, now_);
    now_ += std::chrono::milliseconds(1);
    EXPECT_EQ(health_.WhyNotReady(now_), "nothing can be written: locked");
    health_.OnBatch(std::nullopt, now_);
    EXPECT_TRUE(Ready());
}

TEST_F(ConsumerHealthTest, ForgetsAFailureThatIsNotRepeated) {
    health_.OnBatch(locked_, now_);
    now_ += limits::kQueueFailureForgotten;
    EXPECT_FALSE(Ready());
    now_ += std::chrono::milliseconds(1);
    EXPECT_TRUE(Ready()) << "another consumer has written it";
    health_.OnBatch(locked_, now_);
    EXPECT_TRUE(Ready()) << "a first failure again";
}

}  // namespace
}  // namespace coupon::queue
