#include "ledger/mysql_dead_letters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "common/limits_distributed.h"
#include "common/time_format.h"
#include "ledger/mysql_rows_fixture.h"

namespace coupon::ledger {
namespace {

using std::string_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using enum DeadLetterReason;
using enum DeadLetterStatus;

DeadLetter Letter(std::int64_t sequence, DeadLetterReason reason = kLostEpoch) {
    return {.id = 0,
            .coupon_id = CouponId(7),
            .user_id = UserId(1000 + sequence),
            .sequence = Sequence(sequence),
            .epoch = 3,
            .issued_at = kNoon + std::chrono::milliseconds(sequence),
            .reason = reason,
            .detail = "it's \\ lost",
            .status = kOpen,
            .created_at = {}};
}

class MysqlDeadLettersTest : public MysqlRowsTest {
protected:
    void Add(const std::vector<DeadLetter>& letters) { Must(Letters().Add(letters)); }
    MysqlDeadLetters Letters() { return MysqlDeadLetters(*pool_); }
    std::vector<DeadLetter> All() { return Must(Letters().List(0, 10'000, std::nullopt)); }
    std::int64_t IdOf(std::int64_t sequence) {
        for (const DeadLetter& letter : All()) {
            if (letter.sequence == Sequence(sequence)) return letter.id;
        }
        return 0;
    }
};

TEST_F(MysqlDeadLettersTest, KeepsALetterWithEverythingInIt) {
    for (const auto reason : {kLostEpoch, kConflict, kInvalid, kUnknownCoupon, kNoStock}) {
        const std::int64_t sequence = 1 + static_cast<std::int64_t>(reason);
        Add({Letter(sequence, reason)});
        auto found = Must(Letters().Find(IdOf(sequence)));
        ASSERT_TRUE(found);
        EXPECT_GT(found->created_at, WallTime{});
        DeadLetter expected = Letter(sequence, reason);
        expected.id = found->id;
        expected.created_at = found->created_at;
        EXPECT_EQ(*found, expected);
    }
    EXPECT_EQ(Must(Letters().Find(12'345)), std::nullopt);
}

TEST_F(MysqlDeadLettersTest, AddsALetterOnceAndOpensItAgainOnlyAfterARetry) {
    Add({Letter(1), Letter(2), Letter(3)});
    EXPECT_TRUE(Must(Letters().SetStatus(IdOf(2), kOpen, kDropped)));
    EXPECT_TRUE(Must(Letters().SetStatus(IdOf(3), kOpen, kRetried)));
    std::vector<DeadLetter> again = {Letter(1, kNoStock), Letter(2, kNoStock), Letter(3, kNoStock)};
    for (DeadLetter& letter : again) letter.detail = "again";
    Add(again);
    const auto letters = All();
    ASSERT_EQ(letters.size(), 3u);
    EXPECT_EQ(letters[0].status, kOpen);
    EXPECT_EQ(letters[0].reason, kLostEpoch);
    EXPECT_EQ(letters[0].detail, "it's \\ lost");
    EXPECT_EQ(letters[1].status, kDropped);
    EXPECT_EQ(letters[1].reason, kLostEpoch);
    EXPECT_EQ(letters[2].status, kOpen) << "the retry has failed";
    EXPECT_EQ(letters[2].reason, kNoStock);
    EXPECT_EQ(letters[2].detail, "again");
    DeadLetter later = Letter(1);
    later.epoch = 4;
    Add({later});
    EXPECT_EQ(All().size(), 4u);
}

TEST_F(MysqlDeadLettersTest, ListsPagesOfOneStatusOrOfAll) {
    Add({Letter(1), Letter(2), Letter(3), Letter(4)});
    EXPECT_TRUE(Must(Letters().SetStatus(IdOf(2), kOpen, kDropped)));
    const auto sequences = [this](std::int64_t after, std::size_t limit,
                                  std::optional<DeadLetterStatus> status) {
        std::vector<std::int64_t> read;
        for (const auto& letter : Must(Letters().List(after, limit, status))) {
            read.push_back(letter.sequence.value);
        }
        return read;
    };
    EXPECT_THAT(sequences(0, 2, std::nullopt), ElementsAre(1, 2));
    EXPECT_THAT(sequences(IdOf(2), 10, std::nullopt), ElementsAre(3, 4));
    EXPECT_THAT(sequences(0, 2, kOpen), ElementsAre(1, 3));
    EXPECT_THAT(sequences(0, 10, kDropped), ElementsAre(2));
    EXPECT_THAT(sequences(0, 10, kRetried), IsEmpty());
}

TEST_F(MysqlDeadLettersTest, LetsOneCallerChangeAStatus) {
    Add({Letter(1)});
    const std::int64_t id = IdOf(1);
    EXPECT_TRUE(Must(Letters().SetStatus(id, kOpen, kRetried)));
    EXPECT_FALSE(Must(Letters().SetStatus(id, kOpen, kRetried)));
    EXPECT_FALSE(Must(Letters().SetStatus(id, kOpen, kDropped)));
    EXPECT_EQ(All()[0].status, kRetried);
    EXPECT_TRUE(Must(Letters().SetStatus(id, kRetried, kOpen)));
    EXPECT_FALSE(Must(Letters().SetStatus(id + 1, kOpen, kDropped)));
}

TEST_F(MysqlDeadLettersTest, TakesWhateverAClaimHasInIt) {
    DeadLetter odd = Letter(1, kInvalid);
    odd.sequence = Sequence(std::numeric_limits<std::int64_t>::max());
    odd.user_id = UserId(-5);
    odd.epoch = std::numeric_limits<std::int64_t>::min();
    odd.issued_at = WallTime::max();
    odd.detail = "cut \xED\x95 and \0 '"s + std::string(limits::kDeadLetterDetailBytesMax, 'x');
    DeadLetter early = odd;
    early.sequence = Sequence(0);
    early.issued_at = WallTime::min();
    early.detail.assign(limits::kDeadLetterDetailBytesMax - 1, 'y');
    early.detail += "\xED\x95\x9C";
    Add({odd, early});
    const auto letters = All();
    ASSERT_EQ(letters.size(), 2u);
    EXPECT_EQ(letters[0].user_id, odd.user_id);
    EXPECT_EQ(letters[0].sequence, odd.sequence);
    EXPECT_EQ(letters[0].epoch, odd.epoch);
    EXPECT_EQ(letters[0].issued_at, kWallTimeMax);
    EXPECT_TRUE(letters[0].detail.starts_with("cut \xEF\xBF\xBD\xEF\xBF\xBD and \0 'xxx"s));
    EXPECT_EQ(letters[0].detail.size(), limits::kDeadLetterDetailBytesMax);
    EXPECT_EQ(letters[1].issued_at, kWallTimeMin);
    EXPECT_EQ(letters[1].detail, std::string(limits::kDeadLetterDetailBytesMax - 1, 'y'));
}

TEST_F(MysqlDeadLettersTest, AddsALimitedNumberAStatementAndAllOfThemOrNone) {
    constexpr auto kMost = static_cast<std::int64_t>(limits::kDeadLettersPerStatementMax);
    std::vector<DeadLetter> letters;
    for (std::int64_t i = 1; i <= kMost; ++i) letters.push_back(Letter(i));
    const std::int64_t before = Status("Com_insert");
    Add(letters);
    EXPECT_EQ(Status("Com_insert") - before, 1);
    letters.clear();
    for (std::int64_t i = 1; i <= kMost + 1; ++i) letters.push_back(Letter(kMost + i));
    Add(letters);
    EXPECT_EQ(Status("Com_insert") - before, 3);
    EXPECT_EQ(All().size(), static_cast<std::size_t>(2 * kMost + 1));

    EXPECT_EQ(Sql("ALTER TABLE dead_letter ADD CHECK (sequence <> 999)"), "");
    for (DeadLetter& letter : letters) letter.epoch = 9;
    letters.back().sequence = Sequence(999);
    EXPECT_FALSE(Letters().Add(letters));
    EXPECT_EQ(All().size(), static_cast<std::size_t>(2 * kMost + 1));
    EXPECT_TRUE(Letters().Add({}));
}

TEST_F(MysqlDeadLettersTest, CallsAWordDamagedThatItDoesNotKnow) {
    Add({Letter(1)});
    EXPECT_EQ(Sql("UPDATE dead_letter SET reason = 'odd'"), "");
    EXPECT_EQ(Letters().Find(1).error().code, ErrorCode::kDamaged);
    EXPECT_EQ(ParseDeadLetterStatus("odd"), std::nullopt);
}

}  // namespace
}  // namespace coupon::ledger
