#pragma once

#include <cstdint>
#include <string_view>

#include "common/error.h"

namespace coupon::ledger {

/// What a statement would have done when the error came.
enum class MysqlStep : std::uint8_t {
    /// Nothing that stays: connecting, reading, a statement inside a transaction. Whatever
    /// happened, nothing is applied: a server that loses the connection rolls back.
    kStaysUndone,
    /// It commits when it succeeds: COMMIT, a writing statement outside a transaction. When the
    /// connection is lost, nobody knows.
    kCommits,
};

/// The Error of a number of the server (1000..) or of the client library (2000..). Its detail is
/// "MySQL NUMBER: message", cut where it is long.
///   kUnavailable      the connection could not be made or was lost (2002, 2003, 2006, 2013, 1927,
///                     1053, ...); the statement was stopped (1317, 1969, 3024); read-only (1290,
///                     1836); deadlock 1213, lock time-out 1205, too many connections 1040
///   kStorageFull      1114, 1021, and errors that carry the system's number 28
///   kConflict         duplicate key, 1062
///   kInvalidArgument  a value that no column takes: 1048, 1264, 1366, 1406, 4025, 3819, ...
///   kConfiguration    access denied, no such database: 1044, 1045, 1049, 1142, ...
///   kDamaged          a table or column is missing: 1146, 1054
///   kStorageFailed    anything else
/// applied is kUnknown only where the statement commits, and there after all that is no plain no of
/// the server: a lost connection, a stopped statement, the system's number 28, anything else.
/// retry_is_safe with kUnavailable and kStorageFull, unless applied is kUnknown. Pure; any thread.
Error ErrorOfMysql(unsigned number, std::string_view message, std::string_view operation,
                   MysqlStep step);

/// Whether `error` is the one of this number.
bool IsMysqlError(const Error& error, unsigned number);
/// Deadlock or lock time-out: the same transaction, from its beginning, may succeed at once.
bool IsLockConflict(const Error& error);
/// Whether a connection that answered with `number` cannot be used any more.
bool EndsConnection(unsigned number);

}  // namespace coupon::ledger
