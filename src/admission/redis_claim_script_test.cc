// claim.lua, against a real Redis.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "admission/redis_accepted.h"
#include "admission/redis_fixture.h"
#include "common/limits.h"
#include "common/limits_distributed.h"
#include "redis/redis_error.h"

namespace coupon::admission {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class ClaimScript : public RedisScriptTest {
protected:
    /// The answer of a batch: code, first sequence, admitted, refusal, remaining, duplicates.
    struct Answer {
        std::string code;
        std::int64_t first = 0;
        std::int64_t admitted = 0;
        std::string refusal = {};
        std::string remaining = {};
        std::string duplicates = {};  ///< "1=4:60 2=9:1 "

        bool operator==(const Answer&) const = default;
    };

    Result<redis::RedisReply> Call(const Words& users) {
        Words arguments = {run_, epoch_, backlog_max_};
        arguments.insert(arguments.end(), users.begin(), users.end());
        return Run(Scripts().claim, {keys_.policy, keys_.users, keys_.accepted}, arguments);
    }
    Answer Claim(const Words& users) {
        const auto reply = Call(users);
        if (!reply) return {.code = reply.error().detail};
        const auto& all = *reply;
        Answer answer{.code = TextOf(all[0])};
        if (answer.code != "ok") {
            answer.code += " " + TextOf(all[1]);
            return answer;
        }
        now_ = *all[1].Integer();
        EXPECT_EQ(TextOf(all[2]), std::to_string(start_));
        answer.first = *all[3].Integer();
        answer.admitted = *all[4].Integer();
        answer.refusal = TextOf(all[5]);
        answer.remaining = TextOf(all[6]);
        for (std::size_t i = 7; i + 1 < all.Size(); i += 2) {
            answer.duplicates += TextOf(all[i]) + "=" + TextOf(all[i + 1]) + " ";
        }
        return answer;
    }
    std::string Refusal(const std::string& user) { return Claim({user}).refusal; }
    std::vector<AcceptedBatch> Stream() {
        auto entries = session_->Call({"XRANGE", keys_.accepted, "-", "+"}, kTestPatience);
        std::vector<AcceptedBatch> batches;
        for (std::size_t i = 0; i < entries->Size(); ++i) {
            auto batch = ParseAccepted((*entries)[i][1]);
            EXPECT_TRUE(batch) << Describe(batch.error());
            if (batch) batches.push_back(std::move(*batch));
        }
        return batches;
    }

    std::string run_ = session_->RunId();
    std::string epoch_ = "1";
    std::string backlog_max_ = "1000";
    std::int64_t now_ = 0;  ///< of the last answer
};

TEST_F(ClaimScript, AdmitsUpToTheStockInOrderAndQueuesWhatItAdmits) {
    LoadByHand("3");
    EXPECT_EQ(Claim({"10", "20"}),
              (Answer{.code = "ok", .first = 1, .admitted = 2, .remaining = "1"}));
    const std::string offset = std::to_string(now_ - start_);
    EXPECT_EQ(Do({"HGET", keys_.users, "20"}), "2:" + offset);
    EXPECT_EQ(Claim({"30", "40", "10"}), (Answer{.code = "ok",
                                                 .first = 3,
                                                 .admitted = 1,
                                                 .refusal = "sold_out",
                                                 .remaining = "0",
                                                 .duplicates = "2=1:" + offset + " "}));
    EXPECT_EQ(Refusal("50"), "sold_out");
    EXPECT_EQ(Policy("next"), "4");
    EXPECT_EQ(Policy("admitted"), "3");
    EXPECT_EQ(Policy("queued"), "3");
    EXPECT_EQ(Do({"HLEN", keys_.users}), "3");

    const auto stream = Stream();
    ASSERT_EQ(stream.size(), 2U) << "one entry a batch that admitted somebody";
    EXPECT_EQ(stream[0].epoch, 1);
    EXPECT_EQ(stream[0].first, Sequence{1});
    EXPECT_EQ(stream[0].users, (std::vector{UserId{10}, UserId{20}}));
    EXPECT_EQ(stream[0].issued_at.time_since_epoch().count() - start_, std::stoll(offset));
    EXPECT_EQ(stream[1].first, Sequence{3});
    EXPECT_EQ(stream[1].users, (std::vector{UserId{30}}));
}

TEST_F(ClaimScript, RecognisesAWinnerWhateverTheState) {
    LoadByHand("1");
    ASSERT_EQ(Claim({"10"}).admitted, 1);
    const std::string again = "0=1:" + std::to_string(now_ - start_) + " ";
    const auto expect = [&](const std::string& others) {
        const Answer answer = Claim({"10", "20"});
        EXPECT_EQ(answer.duplicates, again) << others;
        EXPECT_EQ(answer.refusal, others);
        EXPECT_EQ(Claim({"10"}).refusal, "") << "nobody else asked";
    };
    expect("sold_out");
    SetPolicy("state", "1");
    expect("paused");
    SetPolicy("state", "2");
    expect("closed");
    SetPolicy("state", "0");
    SetPolicy("end", std::to_string(start_ + 1));
    expect("ended");
    SetPolicy("total", "2");
    SetPolicy("end", std::to_string(start_ + 3'600'000));
    backlog_max_ = "1";
    expect("overloaded");
}

TEST_F(ClaimScript, LooksAtStateThenWindowThenStockThenBacklog) {
    LoadByHand("0");
    backlog_max_ = "0";
    EXPECT_EQ(Refusal("1"), "sold_out") << "a full queue does not hide that nothing is left";
    SetPolicy("end", std::to_string(start_ + 1));
    EXPECT_EQ(Refusal("1"), "ended");
    SetPolicy("state", "1");
    EXPECT_EQ(Refusal("1"), "paused");
    SetPolicy("state", "0");
    SetPolicy("end", std::to_string(start_ + 3'600'000));
    SetPolicy("total", "");
    EXPECT_EQ(Refusal("1"), "overloaded");
    EXPECT_EQ(Do({"EXISTS", keys_.users, keys_.accepted}), "0") << "no refusal writes";
}

TEST_F(ClaimScript, KeepsTheWindowByTheClockOfRedis) {
    LoadByHand("");
    // The end belongs to the window no more, the start does: "now" is at least what was read.
    SetPolicy("end", std::to_string(Now()));
    EXPECT_EQ(Refusal("1"), "ended");
    SetPolicy("end", "253402300799999");
    start_ = Now();
    SetPolicy("start", std::to_string(start_));
    EXPECT_EQ(Claim({"1"}).admitted, 1);
    start_ = 253'402'300'799'998;
    SetPolicy("start", std::to_string(start_));
    EXPECT_EQ(Refusal("2"), "not_open");
}

TEST_F(ClaimScript, KeepsIdsAndSequencesExact) {
    LoadByHand("");
    SetPolicy("next", "2147483646");
    SetPolicy("epoch", "9007199254740993");
    epoch_ = "9007199254740993";
    const Answer answer = Claim({"9223372036854775807", "9223372036854775806", "5"});
    EXPECT_EQ(answer.first, 2'147'483'646);
    EXPECT_EQ(answer.admitted, 2) << "an unlimited coupon ends at the last sequence";
    EXPECT_EQ(answer.refusal, "sold_out");
    EXPECT_EQ(answer.remaining, "");
    EXPECT_THAT(Do({"HGET", keys_.users, "9223372036854775806"}), StartsWith("2147483647:"));
    const auto stream = Stream();
    ASSERT_EQ(stream.size(), 1U);
    EXPECT_EQ(stream[0].epoch, 9'007'199'254'740'993);
    EXPECT_EQ(stream[0].users, (std::vector{UserId{limits::kIdMax}, UserId{limits::kIdMax - 1}}));
    EXPECT_EQ(Policy("next"), "2147483648");
    EXPECT_EQ(Refusal("6"), "sold_out");
    EXPECT_THAT(Claim({"9223372036854775807"}).duplicates, StartsWith("0=2147483646:"));
}

TEST_F(ClaimScript, TakesAsManyUsersAsACallMayHave) {
    LoadByHand("1000");
    Words users;
    for (std::size_t i = 0; i < limits::kClaimsPerCallMax; ++i) {
        users.push_back(std::to_string(limits::kIdMax - static_cast<std::int64_t>(i)));
    }
    EXPECT_EQ(Claim(users).admitted, 512);
    const Answer again = Claim(users);
    EXPECT_EQ(again.admitted, 0);
    EXPECT_EQ(std::count(again.duplicates.begin(), again.duplicates.end(), '='), 512);
    EXPECT_EQ(Stream().size(), 1U);
}

TEST_F(ClaimScript, StopsAdmittingWhenTooManyClaimsWaitForTheLedger) {
    LoadByHand("");
    backlog_max_ = "2";
    EXPECT_EQ(Claim({"1", "2"}).admitted, 2);
    EXPECT_EQ(Refusal("3"), "overloaded");
    SetPolicy("queued", "1");
    EXPECT_EQ(Claim({"3"}).admitted, 1);
}

TEST_F(ClaimScript, DecidesNothingForAnotherRedisOrEpoch) {
    EXPECT_EQ(Claim({"1"}).code, "not_loaded ") << "nothing there";
    LoadByHand("5");
    epoch_ = "2";
    EXPECT_EQ(Claim({"1"}).code, "not_loaded 1") << "tells the epoch";
    epoch_ = "1";
    run_ = std::string(40, '0');
    EXPECT_EQ(Claim({"1"}).code, "not_loaded ");
    run_ = "";
    SetPolicy("run", "");
    EXPECT_EQ(Claim({"1"}).code, "not_loaded ") << "an unknown run id is not that of a loader";
    EXPECT_EQ(Do({"EXISTS", keys_.users, keys_.accepted}), "0");
}

TEST_F(ClaimScript, RefusesBeforeAnyWriteWhenRedisIsOutOfMemoryAndStillRecognisesWinners) {
    LoadByHand("5");
    ASSERT_EQ(Claim({"1"}).admitted, 1);
    Do({"CONFIG", "SET", "maxmemory", "1"});
    const auto refused = Call({"2"});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(redis::IsRedisError(refused.error(), "OOM")) << refused.error().detail;
    EXPECT_EQ(refused.error().applied, Applied::kNo);
    EXPECT_THAT(Claim({"1"}).duplicates, StartsWith("0=1:"));
    Do({"CONFIG", "SET", "maxmemory", "0"});
    EXPECT_EQ(Do({"HLEN", keys_.users}), "1");
    EXPECT_EQ(Policy("next"), "2");
    EXPECT_EQ(Claim({"2"}).first, 2);
}

TEST_F(ClaimScript, IsRunByItsTextWhereRedisForgotIt) {
    LoadByHand("5");
    ASSERT_EQ(Claim({"1"}).admitted, 1);
    Do({"SCRIPT", "FLUSH"});
    EXPECT_EQ(Claim({"2"}).first, 2);
}

}  // namespace
}  // namespace coupon::admission
