#include "admission/ledger_waits.h"
#include "common/limits_distributed.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "admission/engine_rules.h"

namespace coupon::admission {
namespace {

constexpr MonotonicTime At(int seconds) { return MonotonicTime{} + std::chrono::seconds{seconds}; }

constexpr LedgerWaits::Times kLong{.look_up_at = At(8), .deadline = At(9)};

UserReply Admitted(std::int64_t coupon, std::int64_t sequence, std::uint64_t tag) {
    return ReplyTo({.coupon_id = CouponId{coupon}, .user_id = {}, .order_amount = {}, .tag = tag},
                   Outcome::kAdmitted, Sequence{sequence}, WallTime{});
}

class LedgerWaitsTest : public ::testing::Test {
protected:
    /// The tags that a message sets free.
    std::string Committed(std::string_view payload) {
        const auto batch = ParseCommitted(payload);
        EXPECT_TRUE(batch) << payload;
        return batch ? Tags(waits_.OnCommitted(*batch)) : "";
    }
    static std::string Tags(const std::vector<UserReply>& replies) {
        std::string tags;
        for (const UserReply& reply : replies) tags += std::to_string(reply.tag) + " ";
        return tags;
    }

    LedgerWaits waits_;
};

TEST(CommittedBatch, IsReadOrRefused) {
    const auto batch = ParseCommitted("7 3 1-4,9-9");
    ASSERT_TRUE(batch);
    EXPECT_EQ(batch->coupon, CouponId{7});
    EXPECT_EQ(batch->epoch, 3);
    ASSERT_EQ(batch->ranges.size(), 2U);
    EXPECT_EQ(batch->ranges[0].last, Sequence{4});
    EXPECT_EQ(batch->ranges[1].first, Sequence{9});
    for (const char* wrong : {"", "7", "7 3", "7 3 ", "7 3 4", "7 3 4-", "7 3 4-1", "7 x 1-2",
                              "7 3 1-2,", "7 3 1-2 3-4"}) {
        EXPECT_EQ(ParseCommitted(wrong).has_value(), std::string_view(wrong) == "7 3 1-2,")
            << wrong;
    }
}

TEST_F(LedgerWaitsTest, SetsFreeWhatTheMessageNames) {
    for (std::uint64_t i = 1; i <= 5; ++i) {
        EXPECT_FALSE(waits_.Add(Admitted(7, static_cast<std::int64_t>(i), i), 1, kLong));
    }
    EXPECT_FALSE(waits_.Add(Admitted(7, 2, 22), 1, kLong)) << "the winner asked twice";
    EXPECT_FALSE(waits_.Add(Admitted(8, 2, 30), 1, kLong)) << "another coupon";
    EXPECT_EQ(Committed("7 1 1-2,4-4"), "1 2 22 4 ");
    EXPECT_EQ(Committed("7 1 1-2,4-4"), "");
    EXPECT_EQ(Committed("7 1 5-900"), "5 ");
    EXPECT_FALSE(waits_.Empty());
}

TEST_F(LedgerWaitsTest, KnowsWhatWasCommittedBeforeTheAnswerCame) {
    EXPECT_EQ(Committed("7 1 1-2"), "");
    EXPECT_TRUE(waits_.Add(Admitted(7, 2, 1), 1, kLong));
    EXPECT_FALSE(waits_.Add(Admitted(7, 3, 2), 1, kLong));
    EXPECT_FALSE(waits_.Add(Admitted(8, 2, 3), 1, kLong));
    for (std::size_t i = 0; i < limits::kCommitsRememberedMax; ++i) Committed("9 1 1-1");
    EXPECT_FALSE(waits_.Add(Admitted(7, 2, 4), 1, kLong)) << "forgotten by now";
}

TEST_F(LedgerWaitsTest, TakesNoMessageOfAnotherEpoch) {
    waits_.Add(Admitted(7, 2, 1), 1, kLong);
    EXPECT_EQ(Committed("7 2 1-5"), "") << "the sequence may be somebody else's by now";
    EXPECT_FALSE(waits_.Add(Admitted(7, 3, 2), 1, kLong));
    EXPECT_TRUE(waits_.Add(Admitted(7, 3, 3), 2, kLong));
}

TEST_F(LedgerWaitsTest, GivesUpAtTheDeadlineAndTakesOutOne) {
    waits_.Add(Admitted(7, 1, 1), 1, {.look_up_at = At(1), .deadline = At(5)});
    waits_.Add(Admitted(7, 2, 2), 1, {.look_up_at = At(1), .deadline = At(6)});
    waits_.Add(Admitted(7, 3, 3), 1, kLong);
    EXPECT_EQ(Tags(waits_.TakeExpired(At(4))), "");
    EXPECT_EQ(Tags(waits_.TakeExpired(At(6))), "1 2 ");
    EXPECT_TRUE(waits_.Take(Admitted(7, 3, 3)));
    EXPECT_FALSE(waits_.Take(Admitted(7, 3, 3)));
    EXPECT_TRUE(waits_.Empty());
}

TEST_F(LedgerWaitsTest, HasEachLookedUpOnceAndWaitsOn) {
    waits_.Add(Admitted(7, 1, 1), 1, {.look_up_at = At(3), .deadline = At(5)});
    waits_.Add(Admitted(7, 2, 2), 1, {.look_up_at = At(4), .deadline = At(5)});
    EXPECT_EQ(Tags(waits_.ToLookUp(At(2))), "");
    EXPECT_EQ(Tags(waits_.ToLookUp(At(3))), "1 ");
    EXPECT_EQ(Tags(waits_.ToLookUp(At(4))), "2 ");
    EXPECT_EQ(Tags(waits_.ToLookUp(At(5))), "");
    EXPECT_EQ(Tags(waits_.TakeExpired(At(5))), "1 2 ");
}

TEST_F(LedgerWaitsTest, LetsALookUpSeeThatNobodyWaitsForItAnyMore) {
    for (std::uint64_t i = 1; i <= 4; ++i) {
        waits_.Add(Admitted(7, static_cast<std::int64_t>(i), i), 1, kLong);
    }
    const auto told = waits_.Waits(Admitted(7, 1, 1));
    const auto found = waits_.Waits(Admitted(7, 2, 2));
    const auto late = waits_.Waits(Admitted(7, 3, 3));
    EXPECT_FALSE(told.expired() || found.expired() || late.expired());
    Committed("7 1 1-1");
    EXPECT_TRUE(told.expired());
    waits_.Take(Admitted(7, 2, 2));
    EXPECT_TRUE(found.expired());
    EXPECT_FALSE(late.expired());
    waits_.TakeExpired(At(9));
    EXPECT_TRUE(late.expired());
    EXPECT_TRUE(waits_.Waits(Admitted(7, 9, 9)).expired()) << "it never waited";
}

}  // namespace
}  // namespace coupon::admission
