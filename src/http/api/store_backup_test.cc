#include "http/api/store_backup.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "common/limits.h"
#include "ledger/sqlite_ledger.h"
#include "tests/support/temporary_folder.h"

namespace coupon::http::api {
namespace {

constexpr WallTime kMoment{std::chrono::milliseconds{1'795'428'000'004}};

TEST(Backup, IsNamedAfterTheMoment) {
    EXPECT_EQ(BackupFile("data", kMoment, 1), "data/backups/coupon-20261123T100000.004Z.db");
    EXPECT_EQ(BackupFile("data", kMoment, 2), "data/backups/coupon-20261123T100000.004Z-2.db");
}

TEST(Backup, OfTheSameMomentTakesTheNextName) {
    const support::TemporaryFolder folder;
    auto ledger = ledger::SqliteLedger::Open({.data_dir = folder.Path(), .vfs = {}});
    ASSERT_TRUE(ledger);
    auto reader = ledger::SqliteReader::Open((*ledger)->DatabasePath());
    ASSERT_TRUE(reader);
    for (int number = 1; number <= limits::kBackupsOfOneMomentMax; ++number) {
        const auto backup = MakeBackup(**reader, folder.Path(), kMoment);
        ASSERT_TRUE(backup) << Describe(backup.error());
        EXPECT_EQ(backup->file, BackupFile(folder.Path(), kMoment, number));
    }
    EXPECT_EQ(MakeBackup(**reader, folder.Path(), kMoment).error().code, ErrorCode::kConflict);
}

TEST(Backup, RemovesWhatAKilledProcessLeftOfAnEarlierOne) {
    const support::TemporaryFolder folder;
    auto ledger = ledger::SqliteLedger::Open({.data_dir = folder.Path(), .vfs = {}});
    ASSERT_TRUE(ledger);
    auto reader = ledger::SqliteReader::Open((*ledger)->DatabasePath());
    ASSERT_TRUE(reader);
    const std::filesystem::path made = BackupFile(folder.Path(), kMoment, 1);
    std::filesystem::create_directories(made.parent_path());
    std::ofstream(made.parent_path() / "coupon-20261122T090000.000Z.db.partial.1.0") << "half";
    std::ofstream(made.parent_path() / "notes.txt") << "somebody's own";
    ASSERT_TRUE(MakeBackup(**reader, folder.Path(), kMoment));
    std::set<std::string> names;
    for (const auto& file : std::filesystem::directory_iterator(made.parent_path())) {
        names.insert(file.path().filename().string());
    }
    EXPECT_EQ(names, (std::set<std::string>{made.filename().string(), "notes.txt"}));
}

}  // namespace
}  // namespace coupon::http::api
