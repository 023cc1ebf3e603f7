// Answers that wait for the ledger.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "admission/redis_admission_fixture.h"

namespace coupon::admission {
namespace {

class ReplyAfterLedger : public RedisAdmissionTest {
protected:
    void OpenWith(std::chrono::milliseconds timeout) {
        Open([&](RedisAdmissionOptions& options) {
            options.reply_after = ReplyAfter::kLedger;
            options.reply_timeout = timeout;
        });
    }
    /// Once the claim is in the stream: the consumer's work, with or without its message.
    void Drain(CouponId id, std::string_view message) {
        EXPECT_TRUE(Eventually([&] { return Do({"XLEN", RedisKeys(id).accepted}) != "0"; }));
        WriteFirstEntry(id);
        if (message.empty()) return;
        const std::string payload = fmt::format("{} {}", id.value, message);
        // Once somebody hears it; twice is harmless.
        EXPECT_TRUE(
            Eventually([&] { return Do({"PUBLISH", "coupon:committed", payload}) == "1"; }));
    }
};

TEST_F(ReplyAfterLedger, AnswersWhenTheConsumerSaysSo) {
    OpenWith(std::chrono::minutes{1});
    const CouponId id = NewCoupon(5);
    const auto tag = driver_->Send(RequestKind::kClaim, id, UserId{1});
    Drain(id, "1 1-1");
    const UserReply reply = driver_->Await(tag);
    EXPECT_EQ(reply.outcome, Outcome::kAdmitted);
    EXPECT_FALSE(reply.accepted);
    const UserReply again = Claim(id, 1);
    EXPECT_EQ(again.outcome, Outcome::kDuplicate) << "found in the ledger at once";
    EXPECT_FALSE(again.accepted);
    EXPECT_EQ(again.sequence, Sequence{1});
}

TEST_F(ReplyAfterLedger, ReadsTheLedgerWhenNoMessageComes) {
    OpenWith(std::chrono::seconds{2});
    const CouponId id = NewCoupon(5);
    const auto tag = driver_->Send(RequestKind::kClaim, id, UserId{1});
    Drain(id, "");
    EXPECT_EQ(driver_->Await(tag).outcome, Outcome::kAdmitted);
}

TEST_F(ReplyAfterLedger, SaysUnknownAtItsDeadlineWhileTheDatabaseHangs) {
    OpenWith(std::chrono::milliseconds{500});
    const CouponId id = NewCoupon(20);
    EXPECT_EQ(Claimed(id, 1), Outcome::kUnknown) << "loaded, and nobody writes";
    Server().Pause();
    // More than look-ups run at a time: those that wait hang as well.
    std::vector<std::uint64_t> tags;
    for (std::int64_t user = 1; user <= 8; ++user) {
        tags.push_back(driver_->Send(RequestKind::kClaim, id, UserId{user}));
    }
    for (const std::uint64_t tag : tags) EXPECT_EQ(driver_->Await(tag).outcome, Outcome::kUnknown);
    Server().Resume();
    Drain(id, "");
    EXPECT_TRUE(Eventually([&] { return Claimed(id, 1) == Outcome::kDuplicate; }));
}

TEST_F(ReplyAfterLedger, SaysUnknownWhenTheLedgerDoesNotHaveItAndTheClaimStands) {
    OpenWith(std::chrono::milliseconds{100});
    const CouponId id = NewCoupon(5);
    EXPECT_EQ(Claimed(id, 1), Outcome::kUnknown);
    EXPECT_EQ(Claimed(id, 1), Outcome::kUnknown) << "nor when the winner asks again";
    Drain(id, "");
    ASSERT_TRUE(Eventually([&] { return Claimed(id, 1) != Outcome::kUnknown; }));
    const UserReply again = Claim(id, 1);
    EXPECT_EQ(again.outcome, Outcome::kDuplicate);
    EXPECT_EQ(again.sequence, Sequence{1});
}

}  // namespace
}  // namespace coupon::admission
