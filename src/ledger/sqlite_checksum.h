#pragma once

#include <sqlite3.h>

namespace coupon::ledger {

/// Adds the SQL function checksum_of(value, ...) to a connection: CRC32C over its values, each with
/// its type and size, as a signed number of 32 bits. Stored rows hold what it gives, so it is never
/// changed. Its caller is SQL text of ours only: a schema cannot use it. Returns SQLite's code.
int AddChecksumFunction(sqlite3* handle);

}  // namespace coupon::ledger
