#include "ledger/sqlite_backup.h"

#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <system_error>
#include <utility>

#include "ledger/durable_files.h"

namespace coupon::ledger {
namespace {

/// Copied between two looks at whether it was interrupted: 4 MiB.
constexpr int kPagesPerStep = 1024;

/// SQLite would replay the log of a lost file into the copy.
Result<void> RefuseTakenName(const std::filesystem::path& target) {
    std::error_code error;
    for (const char* const suffix : {"", "-wal", "-journal"}) {
        const std::filesystem::path name = target.string() + suffix;
        if (!std::filesystem::exists(name, error)) continue;
        return std::unexpected(Error{.code = ErrorCode::kConflict,
                                     .operation = "backup",
                                     .detail = fmt::format("{} exists already", name.string())});
    }
    return {};
}

std::filesystem::path TemporaryName(const std::filesystem::path& target) {
    static std::atomic<unsigned> counter{0};  // relaxed: only has to differ
    return fmt::format("{}.partial.{}.{}", target.string(), ::getpid(),
                       counter.fetch_add(1, std::memory_order_relaxed));
}

/// Removes what is left of a copy that did not get its final name.
class TemporaryFile {
public:
    explicit TemporaryFile(std::filesystem::path path) : path_(std::move(path)) {}
    ~TemporaryFile() {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    const std::filesystem::path& Path() const { return path_; }

private:
    std::filesystem::path path_;
};

Result<void> CopyPages(Connection& source, const std::filesystem::path& file) {
    Result<Connection> copy = Connection::Open(file, Connection::Mode::kReadWriteCreate, {});
    if (!copy) return std::unexpected(copy.error());
    // No journal: a copy that breaks off is thrown away. The file is fsynced as a whole below.
    if (Result<void> set = copy->Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;");
        !set)
        return set;
    sqlite3_backup* const backup =
        sqlite3_backup_init(copy->Handle(), "main", source.Handle(), "main");
    if (backup == nullptr) {
        return copy->Failure(sqlite3_extended_errcode(copy->Handle()), "start backup");
    }
    // The transaction around it holds the source still between the steps.
    int stepped = SQLITE_OK;
    while (stepped == SQLITE_OK) {
        stepped =
            source.Interrupted() ? SQLITE_INTERRUPT : sqlite3_backup_step(backup, kPagesPerStep);
    }
    const int finished = sqlite3_backup_finish(backup);
    if (stepped == SQLITE_DONE && finished == SQLITE_OK) return {};
    return copy->Failure(finished != SQLITE_OK ? finished : stepped, "backup");
}

Result<BackupResult> CountAndCopy(Connection& source, const std::filesystem::path& file) {
    BackupResult result;
    Result<std::int64_t> coupons = source.QueryInt("SELECT count(*) FROM coupon");
    if (!coupons) return std::unexpected(coupons.error());
    Result<std::int64_t> issuances = source.QueryInt("SELECT count(*) FROM coupon_issuance");
    if (!issuances) return std::unexpected(issuances.error());
    if (Result<void> copied = CopyPages(source, file); !copied) {
        return std::unexpected(copied.error());
    }
    result.coupons = *coupons;
    result.issuances = *issuances;
    return result;
}

}  // namespace

Result<BackupResult> BackupFile(Connection& source, const std::filesystem::path& target) {
    if (Result<void> is_free = RefuseTakenName(target); !is_free) {
        return std::unexpected(is_free.error());
    }
    const TemporaryFile temporary(TemporaryName(target));
    // One transaction around counting and copying: the figures are those of the copy.
    if (Result<void> begun = source.Execute("BEGIN"); !begun) return std::unexpected(begun.error());
    Result<BackupResult> result = CountAndCopy(source, temporary.Path());
    Result<void> ended = source.Execute("COMMIT");
    if (!result) return result;
    if (!ended) return std::unexpected(ended.error());
    if (Result<void> synced = SyncPath(temporary.Path()); !synced) {
        return std::unexpected(synced.error());
    }
    std::error_code error;
    result->bytes = static_cast<std::int64_t>(std::filesystem::file_size(temporary.Path(), error));
    if (Result<void> named = RenameNoReplace(temporary.Path(), target); !named) {
        return std::unexpected(named.error());
    }
    if (Result<void> synced = SyncPath(FolderOf(target)); !synced) {
        return std::unexpected(synced.error());
    }
    result->file = target;
    return result;
}

}  // namespace coupon::ledger
