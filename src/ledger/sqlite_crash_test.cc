#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "ledger/sqlite_killed_store.h"
#include "ledger/sqlite_wal_file.h"
#include "ledger/sqlite_wal_scan.h"

namespace coupon::ledger {
namespace {

class SqliteCrashTest : public KilledStore {
protected:
    std::vector<Moment> MakeMoments() {
        const std::int64_t batches[] = {150, 3, 2, 4};
        return Live(batches);
    }
    static char Flipped(char byte, std::size_t bit) {
        return static_cast<char>(byte ^ (1 << (bit % 8)));
    }
};

// TEST_LONG_SWEEP: every byte with a whole start; else the scan judges every byte, and a start each
// byte of a frame's header and every 64th of a page.
TEST_F(SqliteCrashTest, KeepsEveryWholeCommitWhereverTheLogIsCutOff) {
    const bool all = std::getenv("TEST_LONG_SWEEP") != nullptr;
    const std::vector<Moment> moments = MakeMoments();
    const Moment& last = moments.back();
    const std::size_t from = moments[moments.size() - 3].log.size();
    for (std::size_t length = from; length <= last.log.size(); ++length) {
        const auto whole = std::find_if(moments.rbegin(), moments.rend(), [&](const Moment& one) {
            return one.log.size() <= length;
        });
        const WalScan scan = ScanWal(std::as_bytes(std::span(last.log)).first(length));
        ASSERT_EQ(scan.frames_committed, Frames(whole->log)) << length;
        const std::size_t in_frame = (length - kLogHeader) % kFrame;
        if (!all && in_frame > kFrameHeader && in_frame % 64 != 0) continue;
        ASSERT_EQ(RowsAfter(last.file, last.log.substr(0, length)), whole->rows) << length;
    }
}

TEST_F(SqliteCrashTest, RefusesAFileThatIsCutOffAnywhereInItsLastPages) {
    MakeStore();
    const std::string file = ReadFile(Database());
    for (std::size_t length = file.size() - 3 * 4096; length < file.size(); length += 61) {
        EXPECT_EQ(RowsAfter(file.substr(0, length), ""), std::nullopt) << length;
    }
}

// The log holds the newest pages, not all of them.
TEST_F(SqliteCrashTest, TellsNoOtherRowsWhenTheFileUnderALogIsCutOff) {
    const Moment killed = MakeMoments().back();
    const std::size_t pages = killed.file.size() / 4096;
    for (std::size_t kept = 1; kept < pages; ++kept) {
        const auto rows = RowsAfter(killed.file.substr(0, kept * 4096 + 52), killed.log);
        EXPECT_EQ(rows.value_or(killed.rows), killed.rows) << kept;
    }
}

TEST_F(SqliteCrashTest, RefusesALogWithASingleFlippedBit) {
    const Moment killed = MakeMoments().back();
    ASSERT_EQ(RowsAfter(killed.file, killed.log), killed.rows);
    for (std::size_t at = 0; at < killed.log.size(); at += at < 256 ? 1 : 67) {
        std::string log = killed.log;
        log[at] = Flipped(log[at], at);
        ASSERT_EQ(RowsAfter(killed.file, log), std::nullopt) << "byte " << at;
        ASSERT_EQ(ReadFile(Log()), log) << "a damaged log is evidence";
    }
}

// A flipped bit in the file is refused, or lies where no acknowledged claim depends on it.
TEST_F(SqliteCrashTest, NeverTellsOtherRowsAfterAFlippedBitInTheFile) {
    const std::vector<Moment> moments = MakeMoments();
    {
        const auto settled = MustOpen();
    }
    const std::string sound = ReadFile(Database());
    int refused = 0;
    for (std::size_t at = 0; at < sound.size(); at += 37) {
        std::string file = sound;
        file[at] = Flipped(file[at], at);
        const std::optional<std::int64_t> rows = RowsAfter(file, "");
        ASSERT_EQ(rows.value_or(moments.back().rows), moments.back().rows) << "byte " << at;
        refused += !rows;
    }
    EXPECT_GT(refused, 50);
}

// A log is begun anew only when the file has all of it: that is what a crash in its header leaves.
TEST_F(SqliteCrashTest, TakesATornHeaderIfTheFileHasEverythingAndElseRefusesIt) {
    const Moment killed = MakeMoments().back();
    {
        const auto settled = MustOpen();
    }
    const std::string settled = ReadFile(Database());
    const std::string torn = std::string(12, '\1') + killed.log.substr(12);
    EXPECT_EQ(RowsAfter(settled, torn), killed.rows);
    EXPECT_EQ(RowsAfter(killed.file, torn), std::nullopt);
}

TEST_F(SqliteCrashTest, EmptiesTheLogAtEveryStart) {
    const Moment killed = MakeMoments().back();
    Restore(killed.file, killed.log.substr(0, killed.log.size() - 100));
    const auto ledger = MustOpen();
    EXPECT_EQ(std::filesystem::file_size(Log()), 0u) << "remains of a torn commit lie in wait";
}

TEST_F(SqliteCrashTest, NamesTheFileOfADamagedLogAndWhatToDo) {
    Moment killed = MakeMoments().back();
    killed.log[kLogHeader + kFrameHeader + 100] ^= 1;
    Restore(killed.file, killed.log);
    const Result<void> checked = CheckWalFile(Database());
    ASSERT_FALSE(checked);
    EXPECT_EQ(checked.error().code, ErrorCode::kDamaged);
    for (const std::string& part :
         {Database().string(), std::string("frame 1"), std::string("backup")})
        EXPECT_NE(checked.error().detail.find(part), std::string::npos) << checked.error().detail;
}

}  // namespace
}  // namespace coupon::ledger
