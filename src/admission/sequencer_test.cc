#include "admission/sequencer.h"

#include <gtest/gtest.h>

#include <vector>

#include "tests/support/temporary_folder.h"

namespace coupon::admission {
namespace {

/// Both clocks stand where a test puts them.
class StoppedClock final : public Clock {
public:
    WallTime WallNow() const noexcept override { return wall; }
    MonotonicTime MonotonicNow() const noexcept override { return monotonic; }

    WallTime wall{std::chrono::milliseconds{1'800'000'000'000}};
    MonotonicTime monotonic{std::chrono::hours{1}};
};

class SequencerTest : public testing::Test {
protected:
    SequencerTest() {
        Coupon coupon;
        coupon.name = "shed";
        coupon.issue_start = clock_.wall;
        coupon.issue_end = clock_.wall + std::chrono::hours{1};
        EXPECT_TRUE(sequencer_.Process(CreateCoupon{coupon}));
    }
    UserRequest Claim(std::int64_t user, std::chrono::milliseconds waited) const {
        return {.kind = RequestKind::kClaim,
                .coupon_id = CouponId{1},
                .user_id = UserId{user},
                .order_amount = {},
                .tag = 0,
                .received_at = clock_.monotonic - waited};
    }

    static constexpr std::chrono::milliseconds kWaitMax{50};
    support::TemporaryFolder folder_;
    StoppedClock clock_;
    Engine engine_{1};
    std::unique_ptr<ledger::SqliteLedger> ledger_ =
        ledger::SqliteLedger::Open({.data_dir = folder_.Path(), .vfs = {}}).value();
    Sequencer sequencer_{engine_, *ledger_, clock_, {.wait_max = kWaitMax}};
};

TEST_F(SequencerTest, ShedsARequestThatHasWaitedTooLongBeforeItIsDecided) {
    const std::uint64_t commits = sequencer_.Commits();
    const std::vector<UserRequest> late = {Claim(7, kWaitMax + std::chrono::milliseconds{1})};
    std::vector<UserReply> replies;
    sequencer_.Process(late, replies);
    ASSERT_EQ(replies.size(), 1U);
    EXPECT_EQ(replies[0].outcome, Outcome::kOverloaded);
    EXPECT_FALSE(engine_.FindHolding(CouponId{1}, UserId{7}));
    EXPECT_EQ(sequencer_.Shed(), 1U);
    EXPECT_EQ(sequencer_.Commits(), commits) << "nothing is written for it";
}

TEST_F(SequencerTest, DecidesTheOthersOfTheRoundInOrder) {
    const std::vector<UserRequest> round = {
        Claim(1, kWaitMax), Claim(2, kWaitMax + std::chrono::milliseconds{1}),
        Claim(3, std::chrono::milliseconds{0})};
    std::vector<UserReply> replies;
    sequencer_.Process(round, replies);
    ASSERT_EQ(replies.size(), 3U);
    EXPECT_EQ(replies[0].sequence, Sequence{1});
    EXPECT_EQ(replies[1].outcome, Outcome::kOverloaded);
    EXPECT_EQ(replies[2].sequence, Sequence{2});
}

}  // namespace
}  // namespace coupon::admission
