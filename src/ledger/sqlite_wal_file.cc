#include "ledger/sqlite_wal_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <map>
#include <system_error>
#include <vector>

#include "ledger/sqlite_connection.h"
#include "ledger/sqlite_wal_scan.h"

namespace coupon::ledger {

namespace {

/// Whether the database has each of these pages as the log has it.
bool HasPages(const std::filesystem::path& database, const std::vector<std::byte>& log,
              const std::map<std::uint32_t, std::size_t>& pages) {
    std::ifstream file(database, std::ios::binary);
    std::vector<std::byte> page(kWalPageBytes);
    for (const auto& [number, offset] : pages) {
        file.seekg((static_cast<std::streamoff>(number) - 1) *
                   static_cast<std::streamoff>(kWalPageBytes));
        file.read(reinterpret_cast<char*>(page.data()), static_cast<std::streamsize>(page.size()));
        if (!file ||
            !std::equal(page.begin(), page.end(), log.begin() + static_cast<long>(offset))) {
            return false;
        }
    }
    return true;
}

}  // namespace

Result<void> CheckWalFile(const std::filesystem::path& database) {
    const std::filesystem::path log = database.string() + "-wal";
    std::error_code error;
    const std::uintmax_t size = std::filesystem::file_size(log, error);
    if (error || size == 0) return {};
    std::vector<std::byte> bytes(size);
    std::ifstream file(log, std::ios::binary);
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size));
    if (!file) {
        return std::unexpected(Error{.code = ErrorCode::kStorageFailed,
                                     .operation = "check",
                                     .detail = fmt::format("{}: cannot be read", log.string())});
    }
    const WalScan scan = ScanWal(bytes);
    const bool lost = scan.verdict == WalScan::Verdict::kDamaged ||
                      (scan.verdict == WalScan::Verdict::kHeaderDamaged &&
                       !HasPages(database, bytes, scan.pages));
    if (!lost) return {};
    return DamagedFile(database,
                       scan.what + ": SQLite would forget commits that were acknowledged");
}

}  // namespace coupon::ledger
