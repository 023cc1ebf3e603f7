#include "ledger/sqlite_ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/sqlite_test_store.h"

namespace coupon::ledger {
namespace {

using ::testing::HasSubstr;
using SqliteLedgerTest = SqliteTestStore;

TEST_F(SqliteLedgerTest, GivesBackWhatWasWritten) {
    Coupon changed = MakeCoupon(1, 100);
    changed.state = CouponState::kPaused;
    changed.expires_at = std::nullopt;
    MakeStore();
    const auto ledger = MustOpen();
    ASSERT_TRUE(ledger->WriteCoupon({changed, "update", "state open -> paused", kNoon}));

    const auto coupons = ledger->LoadCoupons();
    ASSERT_TRUE(coupons);
    ASSERT_EQ(coupons->size(), 2u);
    EXPECT_EQ(coupons->at(0).coupon, changed);
    EXPECT_EQ(coupons->at(0).issued_quantity, 100);
    EXPECT_EQ(coupons->at(1).coupon, MakeCoupon(2));
    const auto rows = Load(*ledger);
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 107u);
    EXPECT_EQ(rows->at(4).issuance, MakeIssuances(1, 5, 1)[0]);
    EXPECT_EQ(rows->at(106).issuance, MakeIssuances(2, 7, 1)[0]);
    for (std::size_t i = 0; i < rows->size(); ++i) EXPECT_EQ(rows->at(i).redeemed, i == 4);
}

TEST_F(SqliteLedgerTest, KeepsTheLargestNumbers) {
    const auto ledger = MustOpen();
    ASSERT_TRUE(Create(*ledger, MakeCoupon(limits::kCouponsMax, limits::kSequenceMax)));
    const Issuance row{CouponId(limits::kCouponsMax), Sequence(1), UserId(limits::kIdMax), kNoon};
    ASSERT_TRUE(Append(*ledger, {row}));
    EXPECT_EQ(Load(*ledger)->at(0).issuance, row);
}

TEST_F(SqliteLedgerTest, WritesSeveralCouponsInterleavedInOneBatch) {
    const auto ledger = MustOpen();
    ASSERT_TRUE(Create(*ledger, MakeCoupon(1)));
    ASSERT_TRUE(Create(*ledger, MakeCoupon(2)));
    const auto one = MakeIssuances(1, 1, 3);
    const auto two = MakeIssuances(2, 1, 2);
    ASSERT_TRUE(Append(*ledger, {one[0], two[0], one[1], two[1], one[2]}));
    const auto coupons = ledger->LoadCoupons();
    EXPECT_EQ(coupons->at(0).issued_quantity, 3);
    EXPECT_EQ(coupons->at(1).issued_quantity, 2);
}

TEST_F(SqliteLedgerTest, AppliesUndosBeforeRedemptions) {
    MakeStore();
    const auto ledger = MustOpen();
    const RedemptionUndo undo{CouponId(1), Sequence(5)};
    const Redemption again{CouponId(1), Sequence(5), Money(7000), kNoon + std::chrono::hours(3)};
    ASSERT_TRUE(ledger->Write({.issuances = {}, .redemptions = {&again, 1}, .undos = {&undo, 1}}));
    EXPECT_TRUE(Load(*ledger)->at(4).redeemed);
    ASSERT_TRUE(ledger->Write({.issuances = {}, .redemptions = {}, .undos = {&undo, 1}}));
    EXPECT_FALSE(Load(*ledger)->at(4).redeemed);
}

TEST_F(SqliteLedgerTest, RefusesABatchThatContradictsTheRowsAndThenEveryWrite) {
    const std::vector<std::vector<Issuance>> contradictions = {
        MakeIssuances(2, 9, 1),                                       // leaves 8 out
        MakeIssuances(2, 7, 1),                                       // 7 is taken
        {MakeIssuances(2, 8, 1)[0], MakeIssuances(2, 10, 1)[0]},      // a gap inside
        MakeIssuances(1, 101, 1),                                     // beyond the stock
        MakeIssuances(3, 1, 1),                                       // no such coupon
    };
    MakeStore();
    for (const auto& rows : contradictions) {
        const auto ledger = MustOpen();
        const Result<void> written = Append(*ledger, rows);
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().code, ErrorCode::kDamaged);
        EXPECT_EQ(written.error().applied, Applied::kNo);
        EXPECT_EQ(Append(*ledger, MakeIssuances(2, 8, 1)).error().code, ErrorCode::kUnavailable);
        EXPECT_EQ(Load(*ledger)->size(), 107u);
    }
}

TEST_F(SqliteLedgerTest, RefusesATotalBelowWhatIsIssuedAndStaysOpen) {
    MakeStore();
    const auto ledger = MustOpen();
    const Result<void> cut =
        ledger->WriteCoupon({MakeCoupon(1, 99), "stock", "total 100 -> 99", kNoon});
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().code, ErrorCode::kConflict);
    EXPECT_EQ(cut.error().applied, Applied::kNo);
    EXPECT_TRUE(Append(*ledger, MakeIssuances(2, 8, 1)));
}

TEST_F(SqliteLedgerTest, StopsLoadingWhenTheVisitorSaysSo) {
    MakeStore();
    const auto ledger = MustOpen();
    int seen = 0;
    const Result<void> loaded = ledger->LoadIssuances([&](const auto&) -> Result<void> {
        if (++seen == 3) return InvalidArgument("x", "enough");
        return {};
    });
    EXPECT_EQ(loaded.error().detail, "enough");
    EXPECT_EQ(seen, 3);
}

TEST_F(SqliteLedgerTest, MovesTheLogIntoTheFileOnlyWhenItIsLongEnough) {
    options_.checkpoint_pages = 8;
    const auto ledger = MustOpen();
    ASSERT_TRUE(Create(*ledger, MakeCoupon(1)));
    std::int64_t next = 1;
    int longest = 0;
    for (int i = 0; i < 50; ++i, next += 10) {
        ASSERT_TRUE(Append(*ledger, MakeIssuances(1, next, 10)));
        longest = std::max(longest, ledger->LogPages());
        ASSERT_TRUE(ledger->CheckpointIfDue());
    }
    EXPECT_GE(longest, 8);
    EXPECT_LE(longest, 16);
}

TEST_F(SqliteLedgerTest, MovesALogOfAThousandPagesWithoutBeingToldWhen) {
    const auto ledger = MustOpen();
    ASSERT_TRUE(Create(*ledger, MakeCoupon(1)));
    constexpr std::int64_t kBatch = 5'000;
    int before_it_moved = 0;
    int longest_batch = 0;
    for (std::int64_t i = 0; i < 40 && ledger->LogPages() >= before_it_moved; ++i) {
        before_it_moved = ledger->LogPages();
        ASSERT_TRUE(Append(*ledger, MakeIssuances(1, 1 + i * kBatch, kBatch)));
        longest_batch = std::max(longest_batch, ledger->LogPages() - before_it_moved);
        ASSERT_TRUE(ledger->CheckpointIfDue());
    }
    // The log begins anew with the write after the checkpoint.
    EXPECT_GE(before_it_moved, limits::kCheckpointPages);
    EXPECT_LT(before_it_moved, limits::kCheckpointPages + longest_batch);
}

TEST_F(SqliteLedgerTest, WaitsForAnOutsidersLockOnlySoLong) {
    MakeStore();
    const auto ledger = MustOpen();
    Result<Connection> outsider =
        Connection::Open(Database(), Connection::Mode::kReadWriteCreate, {});
    ASSERT_TRUE(outsider->Execute("BEGIN IMMEDIATE"));
    const auto began = std::chrono::steady_clock::now();
    const Result<void> written = Append(*ledger, MakeIssuances(2, 8, 1));
    EXPECT_GE(std::chrono::steady_clock::now() - began, limits::kBusyTimeout);
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(written.error().applied, Applied::kNo);
    ASSERT_TRUE(outsider->Execute("ROLLBACK"));
    EXPECT_TRUE(Append(*ledger, MakeIssuances(2, 8, 1)));
}

TEST_F(SqliteLedgerTest, KeepsWritingWhileAReaderHoldsTheLogBack) {
    options_.checkpoint_pages = 8;
    const auto ledger = MustOpen();
    ASSERT_TRUE(Create(*ledger, MakeCoupon(1)));
    Result<Connection> reader = Connection::Open(Database(), Connection::Mode::kReadOnly, {});
    ASSERT_TRUE(reader->Execute("BEGIN; SELECT count(*) FROM coupon;"));
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(Append(*ledger, MakeIssuances(1, 1 + i * 10, 10)));
        ASSERT_TRUE(ledger->CheckpointIfDue());
    }
    EXPECT_GT(ledger->LogPages(), 20);
    ASSERT_TRUE(reader->Execute("COMMIT"));
    for (int i = 20; i < 40; ++i) {
        ASSERT_TRUE(Append(*ledger, MakeIssuances(1, 1 + i * 10, 10)));
        ASSERT_TRUE(ledger->CheckpointIfDue());
    }
    EXPECT_LE(ledger->LogPages(), 16);
    EXPECT_EQ(Load(*ledger)->size(), 400u);
}

TEST_F(SqliteLedgerTest, KeepsWhatAKilledProcessHadWritten) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        auto ledger = SqliteLedger::Open(options_);
        const bool written =
            ledger && Create(**ledger, MakeCoupon(1)) && Append(**ledger, MakeIssuances(1, 1, 500));
        ::_exit(written ? 0 : 1);  // no destructor: the log stays as a kill would leave it
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    EXPECT_GT(std::filesystem::file_size(Log()), 0u);
    const auto ledger = MustOpen();
    EXPECT_EQ(Load(*ledger)->size(), 500u);
    ASSERT_TRUE(Append(*ledger, MakeIssuances(1, 501, 1)));
}

TEST_F(SqliteLedgerTest, IsRefusedASecondTimeInTheSameProcess) {
    auto ledger = MustOpen();
    const Error error = OpenError();
    EXPECT_EQ(error.code, ErrorCode::kUnavailable);
    EXPECT_THAT(error.detail, HasSubstr(folder_.string()));
    ledger.reset();
    EXPECT_NE(MustOpen(), nullptr);
}

TEST_F(SqliteLedgerTest, IsRefusedToASecondProcess) {
    const auto ledger = MustOpen();
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto second = SqliteLedger::Open(options_);
        ::_exit(!second && second.error().code == ErrorCode::kUnavailable ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_TRUE(Create(*ledger, MakeCoupon(1)));
}

TEST_F(SqliteLedgerTest, MakesFoldersThatAreMissing) {
    options_.data_dir = folder_ / "a" / "b";
    EXPECT_NE(MustOpen(), nullptr);
    EXPECT_TRUE(std::filesystem::exists(folder_ / "a" / "b" / "coupon.db"));
}

TEST_F(SqliteLedgerTest, CannotBeMadeWhereAFileIsInTheWay) {
    std::filesystem::create_directories(folder_);
    std::filesystem::create_symlink("/dev/null", folder_ / "file");
    options_.data_dir = folder_ / "file";
    EXPECT_EQ(OpenError().code, ErrorCode::kCannotCreate);
}

}  // namespace
}  // namespace coupon::ledger
