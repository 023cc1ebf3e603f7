#pragma once

#include <chrono>
#include <type_traits>
#include <utility>

#include "common/error.h"
#include "common/limits_distributed.h"
#include "ledger/mysql_connection.h"
#include "ledger/mysql_error.h"
#include "ledger/mysql_pool.h"

namespace coupon::ledger {

/// How long to wait after the attempt of this number (1, 2, ...): any time up to a bound that
/// starts at limits::kMysqlRetryPause and doubles. `fraction`: by chance, from 0 to below 1. Pure.
std::chrono::microseconds RetryPause(int attempt, double fraction);
/// Waits for that. Blocking.
void PauseBeforeRetry(int attempt);

/// One transaction: `body(MysqlConnection&)` returns a Result<T>; a value is committed and
/// returned, an error rolled back and returned. A deadlock or lock time-out starts it anew, at most
/// limits::kMysqlTransactionAttempts times in all: `body` may run several times. An error of COMMIT
/// may be applied kUnknown: do it again, if that is harmless. Blocking.
template <class Body>
std::invoke_result_t<const Body&, MysqlConnection&> InTransaction(MysqlConnection& connection,
                                                                  const Body& body) {
    for (int attempt = 1;; ++attempt) {
        if (auto begun = connection.Begin(); !begun) return std::unexpected(begun.error());
        auto result = body(connection);
        if (result) {
            auto committed = connection.Commit();
            if (committed) return result;
            result = std::unexpected(std::move(committed.error()));
        }
        // Its own error would hide the first; a connection that cannot even do this is broken.
        if (connection.InTransaction()) (void)connection.Rollback();
        if (!IsLockConflict(result.error()) || attempt >= limits::kMysqlTransactionAttempts) {
            return result;
        }
        PauseBeforeRetry(attempt);
    }
}

/// The same on a connection of the pool.
template <class Body>
std::invoke_result_t<const Body&, MysqlConnection&> InTransaction(MysqlPool& pool,
                                                                  const Body& body) {
    auto lease = pool.Take();
    if (!lease) return std::unexpected(lease.error());
    return InTransaction(**lease, body);
}

}  // namespace coupon::ledger
