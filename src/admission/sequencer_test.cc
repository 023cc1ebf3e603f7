#include "admission/sequencer.h"

#include <gtest/gtest.h>

#include <sstream>
#include <vector>

#include "tests/support/manual_clock.h"
#include "tests/support/sqlite_faulty_vfs.h"
#include "tests/support/temporary_folder.h"

namespace coupon::admission {
namespace {

class SequencerTest : public testing::Test {
protected:
    SequencerTest() {
        Coupon coupon;
        coupon.name = "shed";
        coupon.issue_start = clock_.WallNow();
        coupon.issue_end = clock_.WallNow() + std::chrono::hours{1};
        EXPECT_TRUE(sequencer_.Process(CreateCoupon{coupon}));
    }
    UserRequest Claim(std::int64_t user, std::chrono::milliseconds waited = {}) const {
        return Request(RequestKind::kClaim, user, waited);
    }
    UserRequest Request(RequestKind kind, std::int64_t user,
                        std::chrono::milliseconds waited = {}) const {
        return {.kind = kind,
                .coupon_id = CouponId{1},
                .user_id = UserId{user},
                .order_amount = {},
                .tag = 0,
                .received_at = clock_.MonotonicNow() - waited};
    }

    UserReply Process(const UserRequest& request) {
        std::vector<UserReply> replies;
        sequencer_.Process({&request, 1}, replies);
        return replies.at(0);
    }

    std::string Log() const {
        EXPECT_TRUE(log_.Flush());
        return log_text_.str();
    }

    static constexpr std::chrono::milliseconds kWaitMax{50};
    support::TemporaryFolder folder_;
    support::SqliteFaultyVfs disk_{"sequencer_test"};
    support::ManualClock clock_{support::At(1'800'000'000'000)};
    std::ostringstream log_text_;
    const Logger log_{{.application = "test"}, clock_, log_text_};
    Engine engine_{1};
    std::unique_ptr<ledger::SqliteLedger> ledger_ =
        ledger::SqliteLedger::Open({.data_dir = folder_.Path(), .vfs = disk_.Name()}).value();
    Sequencer sequencer_{engine_, *ledger_, clock_, {.wait_max = kWaitMax, .log = &log_}};
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
    const std::vector<UserRequest> round = {Claim(1, kWaitMax),
                                            Claim(2, kWaitMax + std::chrono::milliseconds{1}),
                                            Claim(3, std::chrono::milliseconds{0})};
    std::vector<UserReply> replies;
    sequencer_.Process(round, replies);
    ASSERT_EQ(replies.size(), 3U);
    EXPECT_EQ(replies[0].sequence, Sequence{1});
    EXPECT_EQ(replies[1].outcome, Outcome::kOverloaded);
    EXPECT_EQ(replies[2].sequence, Sequence{2});
}

TEST_F(SequencerTest, AnswersUnknownToEverybodyWhoIsNoHolderOnceACommitsFateIsUnknown) {
    ASSERT_EQ(Process(Claim(1)).outcome, Outcome::kAdmitted);
    disk_.FailAfter(0, support::SqliteFaultyVfs::Fault::kIoError);
    EXPECT_EQ(Process(Claim(5)).outcome, Outcome::kUnknown);
    disk_.Heal();
    EXPECT_EQ(Process(Claim(5)).outcome, Outcome::kUnknown) << "the file may hold it";
    EXPECT_EQ(Process(Request(RequestKind::kRedeem, 1)).outcome, Outcome::kUnknown);
    EXPECT_TRUE(sequencer_.WhyClosed());
    EXPECT_NE(Log().find("the writer is closed until restart"), std::string::npos);
}

TEST_F(SequencerTest, TellsOfAFullStoreAndGoesOnWhenThereIsRoomAgain) {
    disk_.FailAfter(0, support::SqliteFaultyVfs::Fault::kFull);
    EXPECT_EQ(Process(Claim(1)).outcome, Outcome::kStorageFull);
    EXPECT_TRUE(sequencer_.StorageFull());
    EXPECT_NE(Log().find("could not be stored"), std::string::npos);
    disk_.Heal();
    EXPECT_EQ(Process(Claim(1)).sequence, Sequence{1});
    EXPECT_FALSE(sequencer_.StorageFull());
    EXPECT_NE(Log().find("has room again"), std::string::npos);
}

TEST_F(SequencerTest, NeverStampsARedemptionBeforeItsIssuance) {
    const UserReply claim = Process(Claim(1));
    clock_.Set(clock_.WallNow() - std::chrono::seconds{2});
    EXPECT_EQ(Process(Request(RequestKind::kRedeem, 1)).redeemed_at, claim.issued_at);
}

TEST_F(SequencerTest, ForgetsARedemptionThatWasGivenBackInTheSameRound) {
    ASSERT_EQ(Process(Claim(1)).outcome, Outcome::kAdmitted);
    const std::vector<UserRequest> both = {Request(RequestKind::kRedeem, 1),
                                           Request(RequestKind::kUndoRedemption, 1)};
    std::vector<UserReply> replies;
    sequencer_.Process(both, replies);
    EXPECT_EQ(replies[0].outcome, Outcome::kRedeemed);
    EXPECT_EQ(replies[1].outcome, Outcome::kRedemptionUndone);
    EXPECT_EQ(Process(Request(RequestKind::kUndoRedemption, 1)).outcome, Outcome::kNotRedeemed);
}

}  // namespace
}  // namespace coupon::admission
