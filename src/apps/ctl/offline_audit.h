#pragma once

#include <boost/json/object.hpp>
#include <filesystem>

#include "common/error.h"
#include "ledger/sqlite_reader.h"

namespace coupon::ctl {

/// Audits a store that nobody serves: `path` is a data folder (its coupon.db) or one database file,
/// such as a backup. A store's own file is read only while this process holds its folder's lock, as
/// a second process beside the writer is not safe (see SqliteLedger); a file of another name is
/// taken for a backup, which nobody writes. Blocking. Errors: kUnavailable when a service holds the
/// folder; kNotFound when there is nothing; kDamaged; as SqliteReader otherwise.
Result<ledger::AuditReport> AuditOffline(const std::filesystem::path& path);

/// A report as GET /v1/audit answers it.
boost::json::object AuditJson(const ledger::AuditReport& report);

}  // namespace coupon::ctl
