#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "common/clock.h"
#include "common/coupon.h"
#include "common/error.h"
#include "ledger/mysql_coupons.h"
#include "ledger/mysql_dead_letters.h"
#include "ledger/mysql_issuance_writer.h"
#include "ledger/mysql_pool.h"
#include "ledger/mysql_reader.h"
#include "queue/worker_stats.h"

namespace coupon::queue {

/// What became of a batch's claims; each stands in exactly one of these.
struct SettledClaims {
    std::vector<Issuance> written = {};  ///< in the ledger, durably
    /// Can never succeed; not stored yet. Their epoch is that of the batch.
    std::vector<ledger::DeadLetter> letters = {};
    /// The coupon's epoch is another one: the admission state has to say what they are.
    std::vector<Issuance> other_epoch = {};
};

/// Brings claims of one coupon into the ledger: one transaction, and more only where a claim cannot
/// be written, to find it. Confined to one thread; blocks.
class LedgerBatch {
public:
    LedgerBatch(ledger::MysqlPool& pool, const Clock& clock, WorkerStats& stats)
        : writer_(pool), coupons_(pool), reader_(pool), clock_(clock), stats_(stats) {}

    /// Errors: as MysqlIssuanceWriter::Write; part of the claims may be written, and writing all of
    /// them again is harmless.
    Result<SettledClaims> Settle(CouponId coupon, std::int64_t epoch,
                                 std::span<const Issuance> claims);

private:
    struct Batch {
        CouponId coupon = {};
        std::int64_t epoch = 0;
        SettledClaims settled = {};
    };

    Result<ledger::WriteReport> Write(const Batch& batch, std::span<const Issuance> claims);
    void Accept(Batch& batch, std::span<const Issuance> claims, const ledger::WriteReport& report);
    Result<void> WriteWhatFits(Batch& batch, std::span<const Issuance> claims);

    ledger::MysqlIssuanceWriter writer_;
    ledger::MysqlCoupons coupons_;
    ledger::MysqlReader reader_;
    const Clock& clock_;
    WorkerStats& stats_;
};

}  // namespace coupon::queue
