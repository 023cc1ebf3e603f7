#include "apps/distributed/await_service.h"

#include <gtest/gtest.h>

#include <sstream>

#include "common/clock.h"

namespace coupon {
namespace {

using std::chrono::milliseconds;

class AwaitServiceTest : public testing::Test {
protected:
    /// Fails with `code` until it was called `after` times; counts its calls.
    Result<int> Open(ErrorCode code, int after) {
        if (++calls_ > after) return calls_;
        return std::unexpected(Error{.code = code, .operation = "connect", .detail = "refused"});
    }

    const SystemClock clock_;
    std::ostringstream text_;
    const Logger log_{{.application = "test"}, clock_, text_};
    int calls_ = 0;
};

TEST_F(AwaitServiceTest, TriesAgainUntilTheServiceIsThere) {
    const auto opened =
        AwaitService("the ledger", log_, [this] { return Open(ErrorCode::kUnavailable, 3); },
                     {.whole = std::chrono::hours(1), .between = milliseconds(1)});
    ASSERT_TRUE(opened);
    EXPECT_EQ(*opened, 4);
    EXPECT_TRUE(log_.Flush());
    const std::string log = text_.str();
    EXPECT_NE(log.find("waiting for a service"), std::string::npos);
    EXPECT_EQ(log.find("waiting"), log.rfind("waiting")) << "said once: " << log;
}

TEST_F(AwaitServiceTest, GivesUpAfterItsPatienceAndNamesTheService) {
    const auto opened = AwaitService("the ledger", log_,
                                     [this] { return Open(ErrorCode::kUnavailable, 1'000'000); },
                                     {.whole = milliseconds(20), .between = milliseconds(1)});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(opened.error().detail, "the ledger: refused");
    EXPECT_GT(calls_, 1);
}

TEST_F(AwaitServiceTest, DoesNotWaitForWhatWaitingDoesNotMend) {
    const auto opened = AwaitService("the ledger", log_,
                                     [this] { return Open(ErrorCode::kConfiguration, 1'000'000); },
                                     {.whole = std::chrono::hours(1), .between = milliseconds(1)});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::kConfiguration);
    EXPECT_EQ(calls_, 1);
}

}  // namespace
}  // namespace coupon
