#include "queue/batch_decision.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace coupon::queue {
namespace {

using ledger::DeadLetterReason;
using ledger::WriteReport;
using ledger::WriteVerdict;

Result<WriteReport> Failed(ErrorCode code, Applied applied = Applied::kNo) {
    return std::unexpected(Error{.code = code,
                                 .operation = "write",
                                 .applied = applied,
                                 .retry_is_safe = true,
                                 .detail = "why"});
}

Result<WriteReport> Report(WriteVerdict verdict, std::size_t new_rows, std::size_t repeats = 0) {
    return WriteReport{
        .verdict = verdict, .new_rows = new_rows, .repeats = repeats, .conflicts = {}};
}

Issuance Claim(std::int64_t sequence, std::int64_t user) {
    return {CouponId{7}, Sequence{sequence}, UserId{user}, WallTime{}};
}

std::vector<std::int64_t> SequencesOf(const std::vector<Issuance>& claims) {
    std::vector<std::int64_t> sequences;
    for (const Issuance& claim : claims) sequences.push_back(claim.sequence.value);
    return sequences;
}

TEST(BatchDecision, IsWhatTheTableSays) {
    struct Row {
        const char* what;
        Result<WriteReport> report;
        std::size_t claims;
        Decision decision;
    };
    const std::vector<Row> rows = {
        {"written", Report(WriteVerdict::kWritten, 2), 2, {.step = NextStep::kAcknowledge}},
        {"all of it a repeat",
         Report(WriteVerdict::kWritten, 0, 2),
         2,
         {.step = NextStep::kAcknowledge}},
        {"other epoch", Report(WriteVerdict::kOtherEpoch, 0), 1, {.step = NextStep::kReload}},
        {"no stock", Report(WriteVerdict::kNoStock, 0), 2, {.step = NextStep::kShareStock}},
        {"unknown coupon",
         Report(WriteVerdict::kUnknownCoupon, 0),
         9,
         {.step = NextStep::kSetAside, .reason = DeadLetterReason::kUnknownCoupon}},
        {"bad rows among many", Failed(ErrorCode::kInvalidArgument), 2, {.step = NextStep::kHalve}},
        {"a bad row alone",
         Failed(ErrorCode::kInvalidArgument),
         1,
         {.step = NextStep::kSetAside, .reason = DeadLetterReason::kInvalid}},
        {"no database", Failed(ErrorCode::kUnavailable), 1, {.step = NextStep::kRetry}},
        {"the reply to COMMIT lost",
         Failed(ErrorCode::kUnavailable, Applied::kUnknown),
         1,
         {.step = NextStep::kRetry}},
        {"no room", Failed(ErrorCode::kStorageFull), 1, {.step = NextStep::kRetry}},
        {"anything else is no claim's fault",
         Failed(ErrorCode::kDamaged),
         1,
         {.step = NextStep::kRetry}},
    };
    for (const Row& row : rows) EXPECT_EQ(Decide(row.report, row.claims), row.decision) << row.what;
}

TEST(BatchDecision, NamesBothSidesOfAConflict) {
    EXPECT_EQ(DescribeConflict(
                  {.wanted = Claim(5, 7), .by_user = Claim(3, 7), .by_sequence = Claim(5, 9)}),
              "user 7 has sequence 3, sequence 5 is user 9's");
    EXPECT_EQ(DescribeConflict({.wanted = Claim(5, 7), .by_user = {}, .by_sequence = Claim(5, 9)}),
              "sequence 5 is user 9's");
}

TEST(BatchDecision, AnnouncesRangesOfSequences) {
    const std::vector<Issuance> claims = {Claim(9, 1), Claim(1, 2), Claim(2, 3), Claim(3, 4),
                                          Claim(11, 5)};
    EXPECT_EQ(Announcement(CouponId{7}, 3, claims), "7 3 1-3,9-9,11-11");
    EXPECT_EQ(Announcement(CouponId{7}, 3, {}), "");
}

TEST(BatchDecision, GivesTheRestOfTheStockToTheLowestSequences) {
    const std::vector<Issuance> claims = {Claim(4, 1), Claim(1, 2), Claim(3, 3), Claim(2, 4)};
    const auto shares = ShareStock(claims, {false, false, false, false}, 2);
    EXPECT_EQ(SequencesOf(shares.fit), (std::vector<std::int64_t>{1, 2}));
    EXPECT_EQ(SequencesOf(shares.beyond), (std::vector<std::int64_t>{3, 4}));
}

TEST(BatchDecision, NeedsNoStockForWhatIsThereAlready) {
    const std::vector<Issuance> claims = {Claim(1, 1), Claim(2, 2), Claim(3, 3)};
    const auto shares = ShareStock(claims, {false, true, true}, 0);
    EXPECT_EQ(SequencesOf(shares.fit), (std::vector<std::int64_t>{2, 3}));
    EXPECT_EQ(SequencesOf(shares.beyond), (std::vector<std::int64_t>{1}));
}

}  // namespace
}  // namespace coupon::queue
