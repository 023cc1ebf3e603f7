#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/coupon.h"
#include "common/error.h"
#include "common/limits_distributed.h"

namespace coupon::ledger {

class MysqlPool;

/// What became of a batch. Only kWritten changed anything.
enum class WriteVerdict : std::uint8_t {
    kWritten,        ///< what is not in `conflicts` is in the ledger, durably
    kOtherEpoch,     ///< the coupon's epoch is another one: the admission was rebuilt since
    kNoStock,        ///< the new rows would exceed the coupon's total quantity (P2)
    kUnknownCoupon,  ///< there is no such coupon
};

/// A claim that contradicts what the ledger holds: the user has another sequence, the sequence
/// another user, or both.
struct RowConflict {
    Issuance wanted;
    std::optional<Issuance> by_user = {};      ///< the row of the user that is there
    std::optional<Issuance> by_sequence = {};  ///< the row of the sequence that is there
};

struct WriteReport {
    WriteVerdict verdict = WriteVerdict::kWritten;
    std::size_t new_rows = 0;
    /// Rows that were there already, by user and sequence the same.
    std::size_t repeats = 0;
    /// Left out; the rest is written. Empty unless kWritten.
    std::vector<RowConflict> conflicts = {};
};

/// Writes admitted claims into the ledger, a batch at a time. May be used by several threads, each
/// call takes a connection of the pool; blocks.
class MysqlIssuanceWriter {
public:
    explicit MysqlIssuanceWriter(MysqlPool& pool) : pool_(pool) {}

    /// ONE transaction: the rows that are not there yet and issued_quantity, both or neither; what
    /// it returns with kWritten survives a crash of the server (innodb_flush_log_at_trx_commit=1).
    /// Writing a batch again is a no-op: new_rows 0, the verdict as before. `rows` are of `coupon`,
    /// in any order; the window is not looked at, nor is the state: they were admitted. An empty
    /// batch only checks the epoch.
    ///
    /// Deadlocks and lock time-outs are tried again here, limits::kMysqlTransactionAttempts times
    /// in all. Errors, nothing of the batch is written unless it is applied kUnknown:
    ///   kUnavailable      retry is safe: no connection, a lock that stayed, a read-only server
    ///   ... and kUnknown  retry is safe: the reply to COMMIT was lost. Write the batch again
    ///   kStorageFull      retry is safe: the server's disk or table is full
    ///   kInvalidArgument  a row cannot be stored as it is: halve the batch to find it
    ///   others            as mysql_error.h says
    Result<WriteReport> Write(CouponId coupon, std::int64_t epoch, std::span<const Issuance> rows);

private:
    MysqlPool& pool_;
};

}  // namespace coupon::ledger
