#include "ledger/sqlite_wal_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "ledger/sqlite_killed_store.h"

namespace coupon::ledger {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using Verdict = WalScan::Verdict;

WalScan Scan(const std::string& log) { return ScanWal(std::as_bytes(std::span(log))); }

class WalScanTest : public KilledStore {
protected:
    std::string MakeLog() {
        const std::int64_t batches[] = {3, 200, 3, 150};
        return Live(batches).back().log;
    }
    static bool IsCommit(const std::string& log, std::size_t frame) {
        return log.substr(kLogHeader + frame * kFrame + 4, 4) != std::string(4, '\0');
    }
    /// The frame that begins the last transaction but `back`.
    static std::size_t StartOfTransaction(const std::string& log, int back) {
        std::size_t frame = Frames(log) - 1;
        while (frame > 0 && (!IsCommit(log, frame - 1) || back-- > 0)) --frame;
        return frame;
    }
    static void Smear(std::string& log, std::size_t at, std::size_t bytes) {
        for (std::size_t i = 0; i < bytes; ++i) log[at + i] = static_cast<char>(~log[at + i]);
    }
};

TEST_F(WalScanTest, FindsNothingInAnEmptyLog) {
    EXPECT_EQ(Scan("").verdict, Verdict::kEmpty);
    EXPECT_EQ(Scan(std::string(31, 'x')).verdict, Verdict::kEmpty);
    EXPECT_EQ(Scan(std::string(100'000, '\0')).verdict, Verdict::kEmpty);
    EXPECT_EQ(Scan(MakeLog().substr(0, kLogHeader)).verdict, Verdict::kEmpty);
}

TEST_F(WalScanTest, TakesEveryFrameOfASoundLog) {
    const std::string log = MakeLog();
    const WalScan scan = Scan(log);
    EXPECT_EQ(scan.verdict, Verdict::kIntact) << scan.what;
    EXPECT_EQ(scan.frames_valid, Frames(log));
    EXPECT_EQ(scan.frames_committed, Frames(log));
}

TEST_F(WalScanTest, TakesALogCutOffAnywhereForATornTail) {
    const std::string log = MakeLog();
    const std::size_t last = StartOfTransaction(log, 0);
    for (std::size_t frame = last; frame < Frames(log); ++frame) {
        for (const std::size_t more : {std::size_t{1}, kFrameHeader, kFrame - 1}) {
            const WalScan scan = Scan(log.substr(0, kLogHeader + frame * kFrame + more));
            EXPECT_THAT(scan.verdict, AnyOf(Verdict::kTornTail, Verdict::kIntact)) << scan.what;
            EXPECT_EQ(scan.frames_committed, last);
        }
    }
}

// Whatever part of the last commit the disk took, sector by sector, the start must go on: nobody
// was told of it.
TEST_F(WalScanTest, NeverTakesWhatACrashCanLeaveForDamage) {
    options_.checkpoint_pages = 12;  // the log is begun anew: older frames lie behind the end
    const std::int64_t batches[] = {400, 400, 900, 3, 3, 1, 1, 300, 1, 2, 250};
    const std::vector<Moment> moments = Live(batches);
    std::mt19937 chance(42);
    int torn = 0;
    for (std::size_t i = 1; i < moments.size(); ++i) {
        const std::string& after = moments[i].log;
        std::string before = moments[i - 1].log;
        before.resize(std::max(before.size(), after.size()), '\0');
        const bool anew = before.compare(0, kLogHeader, after, 0, kLogHeader) != 0;
        const WalScan acknowledged = Scan(moments[i - 1].log);
        for (int turn = 0; turn < 60; ++turn) {
            std::string log = before;
            if (anew) log.replace(0, kLogHeader, after, 0, kLogHeader);  // fsynced before the rest
            const auto share = chance() % 101;
            for (std::size_t at = anew ? kLogHeader : 0; at < after.size();) {
                const std::size_t end = std::min(after.size(), (at / kSector + 1) * kSector);
                if (chance() % 100 < share) log.replace(at, end - at, after, at, end - at);
                at = end;
            }
            const WalScan scan = Scan(log);
            EXPECT_NE(scan.verdict, Verdict::kDamaged) << "batch " << i << ": " << scan.what;
            const std::uint64_t kept = anew ? 0 : acknowledged.frames_committed;
            EXPECT_GE(scan.frames_committed, kept);
            torn += scan.verdict == Verdict::kTornTail;
        }
    }
    EXPECT_GT(torn, 100);
}

TEST_F(WalScanTest, FindsASingleFlippedBitAnywhere) {
    const std::string log = MakeLog();
    for (std::size_t at = 0; at < log.size();) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string flipped = log;
            flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
            const Verdict expected = at < kLogHeader ? Verdict::kHeaderDamaged : Verdict::kDamaged;
            ASSERT_EQ(Scan(flipped).verdict, expected) << "byte " << at << " bit " << bit;
        }
        const std::size_t in_frame = at < kLogHeader ? 0 : (at - kLogHeader) % kFrame;
        at += in_frame < kFrameHeader ? 1 : 97;
    }
}

TEST_F(WalScanTest, FindsDamageOfAnySizeInFrontOfALaterCommit) {
    const std::string log = MakeLog();
    // Two commits follow: proof from the frames alone, wherever the damage lies.
    const std::size_t first = StartOfTransaction(log, 3);
    const std::size_t end = StartOfTransaction(log, 1);
    for (std::size_t at = kLogHeader + first * kFrame; at + 64 < kLogHeader + end * kFrame;
         at += 331) {
        std::string smeared = log;
        Smear(smeared, at, 64);
        const WalScan scan = Scan(smeared);
        EXPECT_EQ(scan.verdict, Verdict::kDamaged) << "byte " << at;
        EXPECT_THAT(scan.what, HasSubstr("damaged"));
    }
}

TEST_F(WalScanTest, FindsADamagedPageOfTheLastCommitButOne) {
    const std::string log = MakeLog();
    for (std::size_t frame = StartOfTransaction(log, 1); frame < StartOfTransaction(log, 0);
         ++frame) {
        std::string smeared = log;
        Smear(smeared, kLogHeader + frame * kFrame + kFrameHeader, 4096);
        EXPECT_EQ(Scan(smeared).verdict, Verdict::kDamaged) << "frame " << frame;
    }
}

TEST_F(WalScanTest, SaysWhichPagesStandBehindAnOverwrittenHeader) {
    const std::string log = MakeLog();
    const WalScan scan = Scan(std::string(kLogHeader, '\0') + log.substr(kLogHeader));
    EXPECT_EQ(scan.verdict, Verdict::kHeaderDamaged);
    ASSERT_FALSE(scan.pages.empty());
    EXPECT_EQ(scan.pages.rbegin()->second % kFrame, kLogHeader + kFrameHeader);
}

// The limit of what the log alone can tell; ARCHITECTURE.md names it among the failures.
TEST_F(WalScanTest, CannotTellASmearedLastCommitFromATornOne) {
    std::string log = MakeLog();
    const std::size_t last = StartOfTransaction(log, 0);
    Smear(log, kLogHeader + last * kFrame + kFrameHeader, 64);
    const WalScan scan = Scan(log);
    EXPECT_EQ(scan.verdict, Verdict::kTornTail);
    EXPECT_EQ(scan.frames_committed, last);
}

TEST_F(WalScanTest, LeavesALogOfAnotherPageSizeAlone) {
    std::filesystem::create_directories(folder_);
    Result<Connection> theirs =
        Connection::Open(Database(), Connection::Mode::kReadWriteCreate, {});
    ASSERT_TRUE(theirs->Execute(
        "PRAGMA page_size = 1024; PRAGMA journal_mode = WAL; CREATE TABLE theirs(a);"));
    EXPECT_EQ(Scan(ReadFile(Log())).verdict, Verdict::kForeign);
}

}  // namespace
}  // namespace coupon::ledger
