#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>

#include "common/error.h"
#include "ledger/sqlite_connection.h"
#include "ledger/sqlite_ledger.h"

namespace coupon::ledger {

/// The prepared statements of the writing connection and the body of its transactions. Says what
/// went wrong; rolling back, and whether the writer may go on, is the caller's. Confined to its
/// connection's thread.
class BatchWriter {
public:
    /// `connection` must outlive this object.
    static Result<BatchWriter> Prepare(Connection& connection);

    Result<void> Begin() { return connection_->Run(begin_, "begin"); }
    Result<void> Commit() { return connection_->Run(commit_, "commit"); }
    Result<void> Rollback() { return connection_->Run(rollback_, "rollback"); }

    /// kConflict: the batch contradicts the rows.
    Result<void> Append(const WriteBatch& batch);
    Result<void> StoreCoupon(const CouponChange& change);

private:
    struct Tally {
        std::int64_t first = 0;
        std::int64_t rows = 0;
    };

    explicit BatchWriter(Connection& connection) : connection_(&connection) {}
    Result<void> AppendIssuances(std::span<const Issuance> issuances);
    Result<void> MoveCounters();
    Result<void> AppendRedemptions(std::span<const Redemption> redemptions);
    Result<void> DeleteRedemptions(std::span<const RedemptionUndo> undos);
    std::unexpected<Error> Contradiction(std::string what) const;

    Connection* connection_;
    Statement begin_;
    Statement commit_;
    Statement rollback_;
    Statement insert_issuance_;
    Statement move_counter_;
    Statement insert_redemption_;
    Statement delete_redemption_;
    Statement store_coupon_;
    Statement insert_change_;
    /// By coupon; emptied for each batch, keeps its room.
    boost::unordered_flat_map<std::int64_t, Tally> tallies_;
};

}  // namespace coupon::ledger
