#pragma once

#include <chrono>
#include <string_view>

#include "common/error.h"
#include "ledger/mysql_connection.h"

namespace coupon::ledger {

/// Takes a named lock of the server for this connection's session: GET_LOCK. `name` is an SQL
/// expression, at most 64 characters. False: another had it for longer than `patience`, which is
/// rounded up to whole seconds. The lock ends with RELEASE_LOCK or the connection. Blocking.
Result<bool> TakeNamedLock(MysqlConnection& connection, std::string_view name,
                           std::chrono::milliseconds patience);

}  // namespace coupon::ledger
