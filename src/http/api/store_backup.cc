#include "http/api/store_backup.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <system_error>

#include "common/limits.h"
#include "common/time_format.h"
#include "ledger/durable_files.h"

namespace coupon::http::api {
namespace {

/// Copies that a killed process left: one backup is made at a time, by one process a folder.
void RemoveUnfinished(const std::filesystem::path& folder) {
    std::error_code ignored;
    std::filesystem::directory_iterator files(folder, ignored);
    for (; files != std::filesystem::directory_iterator(); files.increment(ignored)) {
        const std::string name = files->path().filename().string();
        const bool unfinished =
            name.starts_with("coupon-") && name.find(".db.partial.") != std::string::npos;
        if (unfinished) std::filesystem::remove(files->path(), ignored);
    }
}

}  // namespace

Result<ledger::BackupResult> MakeBackup(ledger::SqliteReader& reader,
                                        const std::filesystem::path& data_dir, WallTime now) {
    const std::filesystem::path folder = BackupFile(data_dir, now, 1).parent_path();
    if (auto made = ledger::CreateFolder(folder); !made) return std::unexpected(made.error());
    // The copy holds who won what: it is nobody else's to read.
    std::error_code error;
    std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
    if (error) {
        return std::unexpected(Error{.code = ErrorCode::kCannotCreate,
                                     .operation = "create the folder of backups",
                                     .applied = Applied::kNo,
                                     .retry_is_safe = true,
                                     .detail = error.message()});
    }
    RemoveUnfinished(folder);
    for (int number = 1;; ++number) {
        auto backup = reader.Backup(BackupFile(data_dir, now, number));
        const bool taken = !backup && backup.error().code == ErrorCode::kConflict;
        if (!taken || number == limits::kBackupsOfOneMomentMax) return backup;
    }
}

std::filesystem::path BackupFile(const std::filesystem::path& data_dir, WallTime now, int number) {
    std::array<char, kRfc3339BytesMax> buffer{};
    std::string stamp(FormatRfc3339Milliseconds(now, buffer));
    std::erase_if(stamp, [](char c) { return c == '-' || c == ':'; });
    const std::string suffix = number == 1 ? "" : fmt::format("-{}", number);
    return data_dir / "backups" / fmt::format("coupon-{}{}.db", stamp, suffix);
}

}  // namespace coupon::http::api
