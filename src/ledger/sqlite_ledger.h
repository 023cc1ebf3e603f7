#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/coupon.h"
#include "common/error.h"

namespace coupon::ledger {

/// The store's file in its folder.
inline constexpr std::string_view kDatabaseFile = "coupon.db";

struct SqliteLedgerOptions {
    /// Created if missing; holds kDatabaseFile, its -wal and -shm, and coupon.lock.
    std::filesystem::path data_dir;
    /// Empty = SQLite's default; the simulation passes its own.
    std::string vfs;
    /// Pages in the log that start a checkpoint; 0 = limits::kCheckpointPages.
    int checkpoint_pages = 0;
    /// Beyond it the store is full (kStorageFull); 0 = the disk's end. For tests.
    int database_pages_max = 0;
};

/// What one transaction writes. Everything in it becomes durable together or not at all.
/// Issuances of a coupon must continue its sequence without a gap, in order, and stay within its
/// total quantity. Undos are applied before redemptions; an issuance redeemed and given back in one
/// batch must be in neither.
struct WriteBatch {
    std::span<const Issuance> issuances;
    std::span<const Redemption> redemptions;
    std::span<const RedemptionUndo> undos;
};

/// Why a stored coupon was changed; one row of the table coupon_change, the operator's trail.
struct CouponChange {
    Coupon coupon;  ///< the whole row as it shall be stored
    std::string action;  ///< "create", "update", "stock"
    std::string detail;  ///< human-readable: "state open -> paused", "total 100 -> 150"
    WallTime at;
};

/// The system of record of the embedded mode: one SQLite file in WAL mode, synchronous=FULL. This
/// object holds the only connection that writes and checkpoints (3.40 has the WAL-reset defect) and
/// the lock that keeps a second process out. Confined to one thread at a time.
///
/// Failures of a write: kStorageFull, applied kNo: rolled back, the next write may work; likewise
/// kUnavailable with retry_is_safe (somebody's shell holds the write lock). kStorageFailed, applied
/// kUnknown: after it every write answers kUnavailable until the process starts anew (P7).
/// kDamaged, applied kNo: the batch contradicts the rows (a gap, an oversell, a second redemption);
/// rolled back, and the writer is closed as well.
class SqliteLedger {
public:
    /// Locks the folder, opens and checks the file, migrates its schema (src/ledger/schema/, by
    /// number, each in one transaction, recorded in schema_version). Errors: kUnavailable if
    /// another process holds the folder, kDamaged if the file is not a database, fails SQLite's
    /// checks or has a schema newer than this program, kCannotCreate if the folder or file cannot
    /// be made.
    static Result<std::unique_ptr<SqliteLedger>> Open(const SqliteLedgerOptions& options);

    ~SqliteLedger();
    SqliteLedger(const SqliteLedger&) = delete;
    SqliteLedger& operator=(const SqliteLedger&) = delete;

    /// A coupon as stored, with the counter that is kept beside the rows.
    struct StoredCoupon {
        Coupon coupon;
        std::int64_t issued_quantity = 0;
    };
    /// An issuance with its redemption, if any.
    struct StoredIssuance {
        Issuance issuance;
        bool redeemed = false;
    };

    /// Every coupon by id. kDamaged for a row that cannot be true (unknown state, empty window, bad
    /// UTF-8 name) or whose checksum does not fit.
    Result<std::vector<StoredCoupon>> LoadCoupons();
    /// Every issuance by (coupon, sequence), streamed. kDamaged: a checksum that does not fit (an
    /// issuance's or a redemption's), a gap in a sequence, a row without its coupon, a counter that
    /// differs from the rows, a redemption of nothing. `visit` may return an error to stop; it is
    /// handed back.
    Result<void> LoadIssuances(const std::function<Result<void>(const StoredIssuance&)>& visit);

    /// One transaction; durable (fsynced) when it returns success. Also moves each coupon's
    /// issued_quantity.
    Result<void> Write(const WriteBatch& batch);
    /// One transaction: inserts or replaces the coupon's row, appends to coupon_change. Durable on
    /// success. kConflict, applied kNo: the row cannot be so (total below issued, empty window);
    /// the writer stays open.
    Result<void> WriteCoupon(const CouponChange& change);

    /// Moves the log into the file when it is long enough. Call between writes; fails like a write.
    Result<void> CheckpointIfDue();
    /// Pages in the log after the last commit.
    int LogPages() const;
    /// The file that readers open.
    const std::filesystem::path& DatabasePath() const;

private:
    class Impl;
    explicit SqliteLedger(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace coupon::ledger
