#include "ledger/mysql_issuance_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <thread>

#include "common/limits.h"
#include "common/limits_distributed.h"
#include "common/time_format.h"
#include "ledger/mysql_rows_fixture.h"

namespace coupon::ledger {
namespace {

using ::testing::IsEmpty;

class MysqlIssuanceWriterTest : public MysqlRowsTest {};

TEST_F(MysqlIssuanceWriterTest, WritesRowsAndTheirNumber) {
    const CouponId coupon = NewCoupon(100);
    const auto report = Write(coupon, {Row(coupon, 2), Row(coupon, 1, 7), Row(coupon, 3)});
    ASSERT_TRUE(report) << Describe(report.error());
    EXPECT_EQ(report->verdict, WriteVerdict::kWritten);
    EXPECT_EQ(report->new_rows, 3u);
    EXPECT_EQ(report->repeats, 0u);
    EXPECT_THAT(report->conflicts, IsEmpty());
    EXPECT_EQ(Stored(coupon), "1:7 2:1002 3:1003");
    EXPECT_EQ(IssuedOf(coupon), 3);
    EXPECT_EQ(Sql("SELECT date_issued, date_used, order_amount, created_at = updated_at "
                  "FROM coupon_issuance WHERE sequence = 2"),
              "2026-11-25 12:00:00.002000|NULL|NULL|1\n");
}

TEST_F(MysqlIssuanceWriterTest, WritesABatchAgainAsANoOp) {
    const CouponId coupon = NewCoupon(10);
    ASSERT_TRUE(Write(coupon, Rows(coupon, 1, 10)));
    const auto again = Write(coupon, Rows(coupon, 1, 10));
    ASSERT_TRUE(again) << Describe(again.error());
    EXPECT_EQ(again->verdict, WriteVerdict::kWritten) << "though the stock is used up";
    EXPECT_EQ(again->new_rows, 0u);
    EXPECT_EQ(again->repeats, 10u);
    EXPECT_THAT(again->conflicts, IsEmpty());
}

TEST_F(MysqlIssuanceWriterTest, WritesTheRestOfABatchThatIsThereInPart) {
    const CouponId coupon = NewCoupon(10);
    ASSERT_TRUE(Write(coupon, Rows(coupon, 3, 4)));
    const auto report = Write(coupon, Rows(coupon, 1, 10));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->new_rows, 6u);
    EXPECT_EQ(report->repeats, 4u);
    EXPECT_EQ(IssuedOf(coupon), 10);
}

TEST_F(MysqlIssuanceWriterTest, KeepsTheFirstOfTwoRowsOfABatchThatContradictEachOther) {
    const CouponId coupon = NewCoupon();
    ASSERT_TRUE(Write(coupon, Rows(coupon, 1, 1)));
    const auto report = Write(
        coupon, {Row(coupon, 1), Row(coupon, 8, 1001), Row(coupon, 2, 1002), Row(coupon, 2, 1003)});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->new_rows, 1u);
    EXPECT_EQ(report->repeats, 1u);
    EXPECT_EQ(report->conflicts.size(), 2u);
    EXPECT_EQ(Stored(coupon), "1:1001 2:1002");
}

TEST_F(MysqlIssuanceWriterTest, SaysWhichRowsAUserOrASequenceHas) {
    const CouponId coupon = NewCoupon();
    const CouponId other = NewCoupon();
    ASSERT_TRUE(Write(other, Rows(other, 1, 9)));
    ASSERT_TRUE(Write(coupon, Rows(coupon, 1, 3)));
    const Issuance other_user = Row(coupon, 2, 77);
    const Issuance other_sequence = Row(coupon, 8, 1001);
    const Issuance both = Row(coupon, 2, 1003);
    const auto report = Write(coupon, {other_sequence, other_user, both, Row(coupon, 4)});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->new_rows, 1u);
    ASSERT_EQ(report->conflicts.size(), 3u);  // in the order of users
    EXPECT_EQ(report->conflicts[0].wanted, other_user);
    EXPECT_EQ(report->conflicts[0].by_user, std::nullopt);
    EXPECT_EQ(report->conflicts[0].by_sequence, Row(coupon, 2));
    EXPECT_EQ(report->conflicts[1].wanted, other_sequence);
    EXPECT_EQ(report->conflicts[1].by_user, Row(coupon, 1));
    EXPECT_EQ(report->conflicts[1].by_sequence, std::nullopt);
    EXPECT_EQ(report->conflicts[2].wanted, both);
    EXPECT_EQ(report->conflicts[2].by_user, Row(coupon, 3));
    EXPECT_EQ(report->conflicts[2].by_sequence, Row(coupon, 2));
}

TEST_F(MysqlIssuanceWriterTest, RefusesEveryOtherEpochAlsoWhereNoRowWouldBeNew) {
    const CouponId coupon = NewCoupon();
    ASSERT_TRUE(Write(coupon, Rows(coupon, 1, 2)));
    BeginEpoch(coupon);
    for (const std::int64_t epoch : {0, 2}) {
        for (const auto& rows : {std::vector<Issuance>{}, Rows(coupon, 1, 2), Rows(coupon, 1, 5),
                                 Rows(coupon, 3, 1)}) {
            const auto report = Write(coupon, rows, epoch);
            ASSERT_TRUE(report);
            EXPECT_EQ(report->verdict, WriteVerdict::kOtherEpoch);
            EXPECT_EQ(report->new_rows + report->repeats, 0u);
        }
    }
    EXPECT_EQ(Stored(coupon), "1:1001 2:1002");
    EXPECT_EQ(Write(coupon, Rows(coupon, 1, 3), 1)->new_rows, 1u);
}

TEST_F(MysqlIssuanceWriterTest, WritesNothingOfABatchBeyondTheStock) {
    const CouponId coupon = NewCoupon(5);
    ASSERT_TRUE(Write(coupon, Rows(coupon, 1, 3)));
    const auto report = Write(coupon, Rows(coupon, 2, 5));  // two repeats, three new
    ASSERT_TRUE(report);
    EXPECT_EQ(report->verdict, WriteVerdict::kNoStock);
    EXPECT_EQ(report->new_rows, 0u);
    EXPECT_EQ(Stored(coupon), "1:1001 2:1002 3:1003");
    EXPECT_EQ(Write(coupon, Rows(coupon, 2, 4))->verdict, WriteVerdict::kWritten);
    EXPECT_EQ(Write(coupon, Rows(coupon, 6, 1))->verdict, WriteVerdict::kNoStock);
}

TEST_F(MysqlIssuanceWriterTest, WritesAnyNumberOfAnUnlimitedCoupon) {
    const CouponId coupon = NewCoupon();
    const auto report =
        Write(coupon, {Row(coupon, limits::kSequenceMax), Row(coupon, 1, limits::kIdMax)});
    ASSERT_TRUE(report) << Describe(report.error());
    EXPECT_EQ(report->new_rows, 2u);
}

TEST_F(MysqlIssuanceWriterTest, KnowsNoCouponThatIsNotThere) {
    const auto report = Write(CouponId(12), Rows(CouponId(12), 1, 3));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->verdict, WriteVerdict::kUnknownCoupon);
    EXPECT_EQ(Stored(CouponId(12)), "");
}

TEST_F(MysqlIssuanceWriterTest, RefusesAValueThatTheTableDoesNotTakeAndWritesNothing) {
    const CouponId coupon = NewCoupon();
    Issuance late = Row(coupon, 2);
    late.issued_at = kWallTimeMax + std::chrono::milliseconds(1);
    Issuance early = Row(coupon, 2);
    early.issued_at = kWallTimeMin - std::chrono::milliseconds(1);
    for (const Issuance& wrong : {Row(coupon, 0, 5), Row(coupon, 2, 0),
                                  Row(coupon, limits::kSequenceMax + 1), late, early}) {
        const auto refused = Write(coupon, {Row(coupon, 1), wrong});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::kInvalidArgument) << Describe(refused.error());
        EXPECT_EQ(refused.error().applied, Applied::kNo);
    }
    EXPECT_EQ(Stored(coupon), "");
    EXPECT_EQ(Write(coupon, {Row(coupon, 1)})->new_rows, 1u);
}

TEST_F(MysqlIssuanceWriterTest, SplitsABatchIntoStatementsOfALimitedNumberOfRows) {
    const CouponId coupon = NewCoupon();
    constexpr auto kMost = static_cast<std::int64_t>(limits::kLedgerRowsPerStatementMax);
    for (const auto& [rows, statements] : {std::pair{kMost, 1}, {2 * kMost + 1, 3}}) {
        const std::int64_t before = Status("Com_insert");
        const auto report = Write(coupon, Rows(coupon, 1 + StoredCount(coupon), rows));
        ASSERT_TRUE(report) << Describe(report.error());
        EXPECT_EQ(report->new_rows, static_cast<std::size_t>(rows));
        EXPECT_EQ(Status("Com_insert") - before, statements);
    }
    const auto again = Write(coupon, Rows(coupon, kMost, 2 * kMost));
    EXPECT_EQ(again->repeats, static_cast<std::size_t>(2 * kMost));
}

TEST_F(MysqlIssuanceWriterTest, LetsSeveralWriteTheSameRowsAtOnceAndEachRowOnce) {
    const CouponId coupon = NewCoupon();
    const std::int64_t deadlocks = Status("Innodb_deadlocks");
    constexpr int kWriters = 4;
    constexpr int kRounds = 10;
    constexpr std::int64_t kRows = 200;
    std::vector<std::int64_t> new_rows(kWriters, 0);
    std::vector<std::thread> writers;
    for (int writer = 0; writer < kWriters; ++writer) {
        writers.emplace_back([&, writer] {
            for (int round = 0; round < kRounds; ++round) {
                std::vector<Issuance> rows;
                for (std::int64_t i = 1; i <= kRows; ++i) {
                    // The users' order is not that of the sequences.
                    rows.push_back(
                        Row(coupon, round * kRows + i, (i * 7919) % 10'007 + round * 20'000));
                }
                const auto report = Write(coupon, rows);
                ASSERT_TRUE(report) << Describe(report.error());
                EXPECT_EQ(report->new_rows + report->repeats, static_cast<std::size_t>(kRows));
                new_rows[static_cast<std::size_t>(writer)] +=
                    static_cast<std::int64_t>(report->new_rows);
            }
        });
    }
    for (std::thread& writer : writers) writer.join();
    EXPECT_EQ(std::accumulate(new_rows.begin(), new_rows.end(), std::int64_t{0}), kRounds * kRows);
    EXPECT_EQ(StoredCount(coupon), kRounds * kRows);
    EXPECT_EQ(Status("Innodb_deadlocks"), deadlocks);
}

}  // namespace
}  // namespace coupon::ledger
