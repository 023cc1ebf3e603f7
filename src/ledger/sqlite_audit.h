#pragma once

#include "common/error.h"
#include "ledger/sqlite_connection.h"
#include "ledger/sqlite_reader.h"

namespace coupon::ledger {

/// SqliteReader::Audit. Runs every check in one read transaction and goes on after a violation;
/// rows that cannot be read are a violation of the check that needed them. Fails only if the
/// transaction cannot be begun. Memory: eight bytes a row of the largest coupon.
Result<AuditReport> AuditRows(Connection& connection);

}  // namespace coupon::ledger
