#include "admission/claim_decision.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>

namespace coupon::admission {
namespace {

using redis::RedisReply;

RedisReply Text(std::string_view text) {
    return RedisReply(RedisReply::Kind::kString, std::string(text));
}

template <class... Parts>
RedisReply ArrayOf(Parts... parts) {
    RedisReply::Elements elements;
    (elements.push_back(std::move(parts)), ...);
    return RedisReply(std::move(elements));
}

/// "admitted 3@5000 duplicate 1@900 sold_out": what became of each, with sequence and stamp.
std::string Claims(const ClaimDecision& decision) {
    std::string text;
    for (const DecidedClaim& claim : decision.claims) {
        text += ToString(claim.outcome);
        if (claim.sequence.value != 0) {
            text += fmt::format(" {}@{}", claim.sequence.value,
                                claim.issued_at.time_since_epoch().count());
        }
        text += ' ';
    }
    return text;
}

TEST(ClaimDecision, TellsWinnersDuplicatesAndTheRestApart) {
    const ClaimDecision decision =
        ReadClaimDecision(ArrayOf(Text("ok"), RedisReply(5000), Text("1000"), RedisReply(3),
                                  RedisReply(2), Text("sold_out"), Text("0"), RedisReply(1),
                                  Text("1:-100"), RedisReply(3), Text("2:7")),
                          5);
    EXPECT_EQ(Claims(decision),
              "admitted 3@5000 duplicate 1@900 admitted 4@5000 duplicate 2@1007 sold_out ");
    EXPECT_EQ(decision.admitted, 2);
    EXPECT_EQ(decision.newcomers, 3);
    EXPECT_EQ(decision.next, Sequence{5});
    EXPECT_EQ(decision.refusal, Outcome::kSoldOut);
}

TEST(ClaimDecision, SaysWhenItOpensByTheClockOfRedis) {
    const ClaimDecision decision =
        ReadClaimDecision(ArrayOf(Text("ok"), RedisReply(4000), Text("5000"), RedisReply(1),
                                  RedisReply(0), Text("not_open"), Text("")),
                          1);
    EXPECT_EQ(Claims(decision), "not_open ");
    EXPECT_EQ(decision.opens_in, std::chrono::seconds{1});
}

TEST(ClaimDecision, DecidesNothingWhereTheCouponIsNotLoadedOrTheEpochIsAnother) {
    const ClaimDecision not_loaded = ReadClaimDecision(ArrayOf(Text("not_loaded"), Text("")), 2);
    EXPECT_TRUE(not_loaded.not_loaded);
    EXPECT_TRUE(not_loaded.claims.empty());
    const ClaimDecision other = ReadClaimDecision(ArrayOf(Text("not_loaded"), Text("7")), 2);
    EXPECT_FALSE(other.not_loaded);
    EXPECT_EQ(other.other_epoch, 7);
    EXPECT_TRUE(other.claims.empty());
}

TEST(ClaimDecision, NeverGuessesAtWhatItCannotRead) {
    const ClaimDecision decision = ReadClaimDecision(
        ArrayOf(Text("ok"), RedisReply(5000), Text("1000"), RedisReply(3), RedisReply(0),
                Text("a newer word"), Text(""), RedisReply(0), Text("not an entry")),
        2);
    EXPECT_EQ(Claims(decision), "unknown unknown ");
}

}  // namespace
}  // namespace coupon::admission
