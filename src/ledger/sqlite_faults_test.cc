#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ledger/sqlite_test_store.h"
#include "tests/support/sqlite_faulty_vfs.h"

namespace coupon::ledger {
namespace {

using support::SqliteFaultyVfs;

class SqliteFaultsTest : public SqliteTestStore {
protected:
    SqliteFaultsTest() : disk_("faulty") { options_.vfs = disk_.Name(); }

    /// What a client was told.
    struct Told {
        bool created = false;
        std::int64_t issued = 0;          ///< rows whose write was acknowledged
        std::int64_t perhaps_issued = 0;  ///< the same with those of unknown outcome
    };

    /// The life of a store: created, filled, checkpointed, closed. Goes on after failures, as the
    /// service would.
    Told Live() {
        Told told;
        auto ledger = SqliteLedger::Open(options_);
        if (!ledger) return told;
        told.created = Create(**ledger, MakeCoupon(1)).has_value();
        for (int i = 0; i < kBatches && told.created; ++i) {
            const Result<void> written =
                Append(**ledger, MakeIssuances(1, told.issued + 1, kRowsPerBatch));
            if (written) told.issued += kRowsPerBatch;
            told.perhaps_issued = std::max(told.perhaps_issued, told.issued);
            if (!written && written.error().applied == Applied::kUnknown) {
                told.perhaps_issued = told.issued + kRowsPerBatch;
                EXPECT_EQ(written.error().code, ErrorCode::kStorageFailed);
                EXPECT_EQ(Append(**ledger, MakeIssuances(1, told.issued + 1, 1)).error().code,
                          ErrorCode::kUnavailable);
                break;
            }
            (void)(*ledger)->CheckpointIfDue();
        }
        return told;
    }

    /// A new start on a disk that works again must find every acknowledged row, and nothing nobody
    /// asked for.
    void ExpectKept(const Told& told, std::int64_t step) {
        disk_.Heal();
        const auto ledger = MustOpen();
        ASSERT_TRUE(ledger) << "step " << step;
        const auto rows = Load(*ledger);
        ASSERT_TRUE(rows) << "step " << step << ": " << Describe(rows.error());
        const auto stored = static_cast<std::int64_t>(rows->size());
        EXPECT_GE(stored, told.issued) << "step " << step;
        EXPECT_LE(stored, told.perhaps_issued) << "step " << step;
        if (!told.created) return;
        EXPECT_EQ(ledger->LoadCoupons()->size(), 1u) << "step " << step;
        EXPECT_TRUE(Append(*ledger, MakeIssuances(1, stored + 1, 1))) << "step " << step;
    }

    void Sweep(SqliteFaultyVfs::Fault fault) {
        options_.checkpoint_pages = 8;
        const Told whole = Live();
        ASSERT_EQ(whole.issued, kBatches * kRowsPerBatch);
        const std::int64_t steps = disk_.Steps();
        ASSERT_GT(steps, 50);
        for (std::int64_t step = 0; step < steps; ++step) {
            std::filesystem::remove_all(folder_);
            disk_.FailAfter(step, fault);
            ExpectKept(Live(), step);
        }
    }

    static constexpr int kBatches = 12;
    static constexpr std::int64_t kRowsPerBatch = 40;
    SqliteFaultyVfs disk_;
};

TEST_F(SqliteFaultsTest, LosesNoAcknowledgedRowWhicheverStepFails) {
    Sweep(SqliteFaultyVfs::Fault::kIoError);
}

TEST_F(SqliteFaultsTest, LosesNoAcknowledgedRowWhicheverWriteIsTorn) {
    Sweep(SqliteFaultyVfs::Fault::kTornWrite);
}

TEST_F(SqliteFaultsTest, LosesNoAcknowledgedRowWheneverTheDiskFillsUp) {
    Sweep(SqliteFaultyVfs::Fault::kFull);
}

TEST_F(SqliteFaultsTest, ClosesTheWriterAfterAFailedSync) {
    const auto ledger = MustOpen();
    ASSERT_TRUE(Create(*ledger, MakeCoupon(1)));
    disk_.FailAfter(0, SqliteFaultyVfs::Fault::kIoError);
    const Result<void> written = Append(*ledger, MakeIssuances(1, 1, 10));
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::kStorageFailed);
    EXPECT_EQ(written.error().applied, Applied::kUnknown);
    EXPECT_FALSE(written.error().retry_is_safe);
    disk_.Heal();
    EXPECT_EQ(Append(*ledger, MakeIssuances(1, 1, 10)).error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(Create(*ledger, MakeCoupon(2)).error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(ledger->CheckpointIfDue().error().code, ErrorCode::kUnavailable);
}

TEST_F(SqliteFaultsTest, GoesOnWhenAFullDiskHasRoomAgain) {
    const auto ledger = MustOpen();
    ASSERT_TRUE(Create(*ledger, MakeCoupon(1)));
    for (int i = 0; i < 3; ++i) {
        disk_.FailAfter(i, SqliteFaultyVfs::Fault::kFull);
        const Result<void> written = Append(*ledger, MakeIssuances(1, 1 + i * 500, 500));
        ASSERT_FALSE(written);
        EXPECT_EQ(written.error().code, ErrorCode::kStorageFull);
        EXPECT_EQ(written.error().applied, Applied::kNo);
        EXPECT_TRUE(written.error().retry_is_safe);
        disk_.Heal();
        ASSERT_TRUE(Append(*ledger, MakeIssuances(1, 1 + i * 500, 500)));
    }
    EXPECT_EQ(Load(*ledger)->size(), 1500u);
}

TEST_F(SqliteFaultsTest, AnswersFullAtThePageLimitAndGoesOnWhenPagesAreFree) {
    options_.database_pages_max = 24;
    const auto ledger = MustOpen();
    ASSERT_TRUE(Create(*ledger, MakeCoupon(1)));
    ASSERT_TRUE(Append(*ledger, MakeIssuances(1, 1, 500)));
    std::vector<Redemption> uses;
    std::vector<RedemptionUndo> undos;
    for (std::int64_t sequence = 1; sequence <= 500; ++sequence) {
        uses.push_back({CouponId(1), Sequence(sequence), Money(9000), kNoon});
        undos.push_back({CouponId(1), Sequence(sequence)});
    }
    ASSERT_TRUE(ledger->Write({.issuances = {}, .redemptions = uses, .undos = {}}));
    std::int64_t next = 501;
    Result<void> written;
    while ((written = Append(*ledger, MakeIssuances(1, next, 50)))) next += 50;
    EXPECT_EQ(written.error().code, ErrorCode::kStorageFull);
    EXPECT_EQ(written.error().applied, Applied::kNo);
    ASSERT_TRUE(ledger->Write({.issuances = {}, .redemptions = {}, .undos = undos}));
    EXPECT_TRUE(Append(*ledger, MakeIssuances(1, next, 50)));
    EXPECT_EQ(static_cast<std::int64_t>(Load(*ledger)->size()), next + 49);
}

TEST_F(SqliteFaultsTest, TakesAFileSizeLimitForAFailureAndNotForAFullDisk) {
    options_.vfs.clear();
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{.rlim_cur = 256 * 1024, .rlim_max = 256 * 1024};
        auto ledger = SqliteLedger::Open(options_);
        if (!ledger || !Create(**ledger, MakeCoupon(1)) || ::setrlimit(RLIMIT_FSIZE, &limit) != 0) {
            ::_exit(2);
        }
        Result<void> written;
        for (std::int64_t next = 1; (written = Append(**ledger, MakeIssuances(1, next, 500)));
             next += 500) {
        }
        const bool failed = written.error().code == ErrorCode::kStorageFailed &&
                            written.error().applied == Applied::kUnknown;
        ::_exit(failed ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    const auto ledger = MustOpen();
    EXPECT_EQ(Load(*ledger)->size() % 500, 0u);
}

}  // namespace
}  // namespace coupon::ledger
