#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/coupon.h"
#include "common/error.h"
#include "ledger/issuance_row.h"
#include "ledger/reports.h"

namespace coupon::ledger {

/// Reads the stored rows beside the writer: a read-only connection that never checkpoints
/// (wal_autocheckpoint=0, query_only). Short reads only, so that the log can be moved on: long
/// lists are read in pages by key. Confined to one thread at a time; open one a thread.
class SqliteReader {
public:
    static Result<std::unique_ptr<SqliteReader>> Open(const std::filesystem::path& database,
                                                      const std::string& vfs = {});
    ~SqliteReader();
    SqliteReader(const SqliteReader&) = delete;
    SqliteReader& operator=(const SqliteReader&) = delete;

    using IssuanceRow = ledger::IssuanceRow;
    /// Issuances of `coupon` with a sequence above `after` and up to `last`, ascending, at most
    /// `limit`.
    Result<std::vector<IssuanceRow>> Issuances(CouponId coupon, Sequence after, Sequence last,
                                               std::size_t limit);
    /// nullopt: not redeemed (or no such issuance).
    Result<std::optional<Redemption>> FindRedemption(CouponId coupon, Sequence sequence);

    /// Re-derives P2-P5 and the counters from the rows, in one read transaction, and says what it
    /// checked: structure (SQLite's integrity check), row checksums, sequences 1..n without a gap,
    /// one row a user and coupon, issuances <= total_quantity, issued_quantity == rows, issued_at
    /// not before its predecessor's, redemptions point at issuances and are within the minimum
    /// price and expiry, sold-out coupons full.
    Result<AuditReport> Audit();

    /// A consistent copy, complete and fsynced under its final name when it returns (written under
    /// a temporary name, then renamed, folder fsynced). kConflict if `target` exists.
    Result<BackupResult> Backup(const std::filesystem::path& target);

    /// Breaks off the call that runs, if any, and every long one to come, for good: they return
    /// kUnavailable. Any thread, for as long as the reader lives.
    void Interrupt();

private:
    class Impl;
    explicit SqliteReader(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace coupon::ledger
