#include "common/log_queue.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "common/limits.h"

namespace coupon {
namespace {

/// A stream whose reader stalls until it is let go.
struct StalledStream {
    std::promise<void> gate;
    std::shared_future<void> open{gate.get_future()};
    std::promise<void> began;
    std::vector<std::string> lines;  ///< read only after a Flush that succeeded

    void Write(const std::string& line) {
        if (lines.empty()) began.set_value();
        open.wait();
        lines.push_back(line);
    }
};

class LogQueueTest : public ::testing::Test {
protected:
    std::shared_ptr<StalledStream> stream_ = std::make_shared<StalledStream>();
    std::unique_ptr<LogQueue> queue_ = std::make_unique<LogQueue>(
        [stream = stream_](const std::string& line) { stream->Write(line); });
};

TEST_F(LogQueueTest, NeverWaitsForTheReaderAndCountsWhatItDrops) {
    queue_->Push("in the writer's hands");
    stream_->began.get_future().wait();
    for (std::size_t i = 0; i < limits::kLogLinesMax; ++i) queue_->Push(std::to_string(i));
    EXPECT_EQ(queue_->Dropped(), 0U);
    queue_->Push("one too many");
    EXPECT_EQ(queue_->Dropped(), 1U);
    queue_->PushUrgent("the reason of the end");
    EXPECT_EQ(queue_->Dropped(), 2U);
    stream_->gate.set_value();
    ASSERT_TRUE(queue_->Flush());
    ASSERT_EQ(stream_->lines.size(), limits::kLogLinesMax + 1);
    EXPECT_EQ(stream_->lines[1], "1") << "the urgent line took the place of the oldest";
    EXPECT_EQ(stream_->lines.back(), "the reason of the end");
}

TEST_F(LogQueueTest, AStalledReaderIsWaitedForOnlySoLong) {
    queue_->Push("never read");
    EXPECT_FALSE(queue_->Flush());
    queue_.reset();
    stream_->gate.set_value();
}

TEST_F(LogQueueTest, WritesWhatWaitsBeforeItEnds) {
    stream_->gate.set_value();
    for (int i = 0; i < 100; ++i) queue_->Push("line");
    queue_.reset();
    EXPECT_EQ(stream_->lines.size(), 100U);
}

}  // namespace
}  // namespace coupon
