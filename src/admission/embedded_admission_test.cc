#include "admission/embedded_admission.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "common/limits.h"
#include "tests/support/temporary_folder.h"

namespace coupon::admission {
namespace {

constexpr std::chrono::seconds kPatience{20};

/// What happened on the sequencer's thread, in order, and a gate at which it can be held.
class Journal {
public:
    struct Entry {
        std::string who;
        std::vector<UserReply> replies;
    };

    void Close() {
        const std::lock_guard lock(mutex_);
        open_ = false;
    }
    void Open() {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    /// The sequencer's thread: books the entry, then waits for the gate.
    void Add(Entry entry) {
        std::unique_lock lock(mutex_);
        entries_.push_back(std::move(entry));
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
    }
    /// The entries once there are answers to `replies` requests of `who`.
    std::vector<Entry> Await(const std::string& who, std::size_t replies) {
        std::unique_lock lock(mutex_);
        const auto count = [&] {
            std::size_t sum = 0;
            for (const Entry& entry : entries_) sum += entry.who == who ? entry.replies.size() : 0;
            return sum;
        };
        EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] { return count() >= replies; }))
            << count() << " of " << replies << " answers to " << who;
        return entries_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Entry> entries_;
    bool open_ = true;
};

class Loop final : public ReplySink {
public:
    Loop(EmbeddedAdmission& admission, Journal& journal, std::string name)
        : admission_(admission),
          journal_(journal),
          name_(std::move(name)),
          id_(admission.Register(*this, io_)) {}

    std::optional<UserReply> Claim(CouponId coupon, std::int64_t user) {
        return admission_.Submit(id_, {.kind = RequestKind::kClaim,
                                       .coupon_id = coupon,
                                       .user_id = UserId{user},
                                       .order_amount = {},
                                       .tag = 0});
    }
    void Deliver(std::span<const UserReply> replies) noexcept override {
        journal_.Add({name_, {replies.begin(), replies.end()}});
    }

private:
    EmbeddedAdmission& admission_;
    Journal& journal_;
    const std::string name_;
    boost::asio::io_context io_;
    const SubmitterId id_;
};

class EmbeddedAdmissionTest : public testing::Test {
protected:
    EmbeddedAdmissionTest() {
        Create();
        Create();
    }
    ~EmbeddedAdmissionTest() override {
        journal_.Open();
        EXPECT_TRUE(admission_->Drain(kPatience)) << "the loops must outlive it";
    }

    void Create() {
        Coupon coupon;
        coupon.name = "limits";
        coupon.issue_end = coupon.issue_start + std::chrono::days{100'000};
        admission_->Apply(CreateCoupon{coupon}, [this](const Result<CouponView>& created) {
            EXPECT_TRUE(created);
            journal_.Add({"create", {UserReply{}}});
        });
        journal_.Await("create", ++created_);
    }
    /// Holds the sequencer after it has answered one claim, so that what is sent now waits
    /// together.
    void HoldSequencer() {
        journal_.Close();
        ASSERT_FALSE(holder_.Claim(kHot, kHolder));
        journal_.Await("holder", 1);
    }
    void FillRing(Loop& loop) {
        for (std::size_t i = 0; i < limits::kSubmissionRingEntries; ++i) {
            ASSERT_FALSE(loop.Claim(kHot, ++last_user_)) << "claim " << i;
        }
    }

    static constexpr CouponId kHot{1};
    static constexpr CouponId kCold{2};
    static constexpr std::int64_t kHolder = 1'000'000'000;

    support::TemporaryFolder folder_;
    const SystemClock clock_;
    Journal journal_;
    const std::unique_ptr<EmbeddedAdmission> admission_ =
        EmbeddedAdmission::Open({.ledger = {.data_dir = folder_.Path(), .vfs = {}}}, clock_)
            .value();
    Loop holder_{*admission_, journal_, "holder"};
    Loop hot_{*admission_, journal_, "hot"};
    Loop cold_{*admission_, journal_, "cold"};
    std::size_t created_ = 0;
    std::int64_t last_user_ = 0;
};

TEST_F(EmbeddedAdmissionTest, AnswersOverloadedBeyondTheRingAndAppliesNothing) {
    HoldSequencer();
    FillRing(hot_);
    const auto refused = hot_.Claim(kHot, ++last_user_);
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->outcome, Outcome::kOverloaded);
    EXPECT_EQ(admission_->Overloaded(), 1U);
    journal_.Open();
    journal_.Await("hot", limits::kSubmissionRingEntries);
    EXPECT_FALSE(admission_->Reader().FindHolding(kHot, UserId{last_user_}));
    EXPECT_TRUE(admission_->Reader().FindHolding(kHot, UserId{last_user_ - 1}));
}

// P10: what waits on one loop, however much, delays another loop's claim by one round at most.
TEST_F(EmbeddedAdmissionTest, ServesAColdCouponInTheFirstRoundBesideAFullRingOfAHotOne) {
    HoldSequencer();
    FillRing(hot_);
    ASSERT_FALSE(cold_.Claim(kCold, 1));
    journal_.Open();
    journal_.Await("cold", 1);
    std::size_t hot_before = 0;
    for (const Journal::Entry& entry : journal_.Await("hot", limits::kSubmissionRingEntries)) {
        if (entry.who == "cold") break;
        hot_before += entry.who == "hot" ? entry.replies.size() : 0;
    }
    EXPECT_LE(hot_before, limits::kBatchEntriesMax / 3) << "a third: three loops share a batch";
}

TEST_F(EmbeddedAdmissionTest, TakesNoMoreThanABatchAtATime) {
    HoldSequencer();
    FillRing(hot_);
    FillRing(cold_);
    journal_.Open();
    journal_.Await("cold", limits::kSubmissionRingEntries);
    std::size_t largest = 0;
    for (const Journal::Entry& entry : journal_.Await("hot", limits::kSubmissionRingEntries)) {
        largest = std::max(largest, entry.replies.size());
    }
    EXPECT_EQ(largest, limits::kBatchEntriesMax / 3);
    EXPECT_GE(admission_->SequencerState().Commits(),
              2 * limits::kSubmissionRingEntries / limits::kBatchEntriesMax);
}

TEST_F(EmbeddedAdmissionTest, RefusesOperatorChangesBeyondTheirQueueAndMixesTheRestWithClaims) {
    HoldSequencer();
    FillRing(hot_);
    std::size_t refused = 0;
    for (std::size_t i = 0; i <= limits::kOperatorQueueEntriesMax; ++i) {
        admission_->Apply(
            UpdateCoupon{.id = kCold, .name = "changed", .issue_end = {}, .state = {}},
            [&](const Result<CouponView>& changed) {
                if (changed) return journal_.Add({"change", {UserReply{}}});
                EXPECT_EQ(changed.error().code, ErrorCode::kOverloaded);
                ++refused;
            });
    }
    EXPECT_EQ(refused, 1U);
    journal_.Open();
    journal_.Await("change", limits::kOperatorQueueEntriesMax);
    std::size_t in_a_row = 0;
    std::size_t hot = 0;
    for (const Journal::Entry& entry : journal_.Await("hot", limits::kSubmissionRingEntries)) {
        hot += entry.who == "hot" ? entry.replies.size() : 0;
        in_a_row = entry.who == "change" ? in_a_row + 1 : 0;
        if (hot == limits::kSubmissionRingEntries) break;
        EXPECT_LE(in_a_row, limits::kOperatorChangesPerRoundMax);
    }
}

TEST_F(EmbeddedAdmissionTest, EndsTheProcessWhenTooManyLoopsRegister) {
    std::vector<std::unique_ptr<Loop>> loops;
    for (std::size_t i = 3; i < limits::kSubmittersMax; ++i) {
        loops.push_back(std::make_unique<Loop>(*admission_, journal_, "more"));
    }
    EXPECT_DEATH(Loop(*admission_, journal_, "one more"), "CHECK failed");
}

}  // namespace
}  // namespace coupon::admission
