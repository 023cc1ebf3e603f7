#include "apps/ctl/offline_audit.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <memory>
#include <system_error>
#include <utility>

#include "ledger/durable_files.h"
#include "ledger/file_lock.h"
#include "ledger/sqlite_ledger.h"
#include "ledger/sqlite_wal_file.h"

namespace coupon::ctl {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

std::unexpected<Error> NotFound(const fs::path& path, std::string_view why) {
    return std::unexpected(Error{.code = ErrorCode::kNotFound,
                                 .operation = "audit",
                                 .detail = fmt::format("{}: {}", path.string(), why),
                                 .field = "--data"});
}

/// The database file behind `path`, links followed: the name decides whether a lock is needed.
Result<fs::path> DatabaseOf(const fs::path& path) {
    std::error_code error;
    const fs::path file = fs::is_directory(path, error) ? path / ledger::kDatabaseFile : path;
    if (!fs::exists(file, error)) return NotFound(file, "there is no such file");
    if (!fs::is_regular_file(file, error)) return NotFound(file, "not a file");
    fs::path real = fs::canonical(file, error);
    if (error) return NotFound(file, error.message());
    return real;
}

}  // namespace

Result<ledger::AuditReport> AuditOffline(const fs::path& path) {
    const Result<fs::path> database = DatabaseOf(path);
    if (!database) return std::unexpected(database.error());
    std::unique_ptr<ledger::FileLock> lock;
    if (database->filename() == ledger::kDatabaseFile) {
        Result<std::unique_ptr<ledger::FileLock>> acquired =
            ledger::FileLock::Acquire(ledger::FolderOf(*database));
        if (!acquired) {
            Error error = acquired.error();
            if (error.code == ErrorCode::kUnavailable) {
                error.detail += "; a store in use is audited by its service: leave --data out";
            }
            return std::unexpected(std::move(error));
        }
        lock = std::move(*acquired);
    }
    if (Result<void> sound = ledger::CheckWalFile(*database); !sound) {
        return std::unexpected(sound.error());
    }
    Result<std::unique_ptr<ledger::SqliteReader>> reader = ledger::SqliteReader::Open(*database);
    if (!reader) return std::unexpected(reader.error());
    return (*reader)->Audit();
}

json::object AuditJson(const ledger::AuditReport& report) {
    json::array checks;
    for (const ledger::AuditCheck& check : report.checks) {
        checks.push_back(
            json::object{{"promise", check.promise},
                         {"what", check.what},
                         {"rowsChecked", check.rows_checked},
                         {"violations", check.violations},
                         {"examples", json::array(check.examples.begin(), check.examples.end())}});
    }
    return json::object{{"passed", report.Passed()},
                        {"coupons", report.coupons},
                        {"issuances", report.issuances},
                        {"redemptions", report.redemptions},
                        {"checks", std::move(checks)}};
}

}  // namespace coupon::ctl
