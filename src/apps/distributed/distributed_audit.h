#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/error.h"
#include "common/ids.h"
#include "ledger/mysql_coupons.h"
#include "ledger/mysql_reader.h"
#include "ledger/reports.h"

namespace coupon {

/// One coupon's admission state, as Redis counts it.
struct AdmittedCounts {
    std::int64_t epoch = 0;
    std::int64_t admitted = 0;  ///< the counter
    std::int64_t users = 0;     ///< of the hash, counted by Redis
    std::int64_t queued = 0;    ///< not acknowledged
};

/// What was read of one coupon, in this order while claims and writes go on. Counts of issuances
/// and admissions only grow within an epoch, so that what was read first bounds from below and what
/// was read last from above.
struct AuditedCoupon {
    CouponId id;
    std::optional<AdmittedCounts> admitted_before = {};  ///< nullopt: not loaded
    ledger::LedgerCoupon ledger_before;
    ledger::IssuanceCounts rows;
    std::int64_t redemptions = 0;
    std::int64_t redemptions_below_minimum = 0;
    ledger::LedgerCoupon ledger_after;
    std::optional<AdmittedCounts> admitted_after = {};
    /// Why its admission state cannot be read; empty: it can, or there is none.
    std::string damage = {};
    /// Dead letters of the coupon, whatever became of them: claims that were acknowledged and not
    /// written.
    std::int64_t dead_letters = 0;
};

/// Holds Redis and the ledger against each other, coupon by coupon. Pure. Confined to one thread.
class DistributedAudit {
public:
    DistributedAudit();

    void Add(const AuditedCoupon& coupon);
    ledger::AuditReport Take() { return std::move(report_); }

private:
    /// Books that one thing was looked at, and `violation` where it is not empty.
    void Book(std::size_t check, std::string violation);
    void AddLedger(const AuditedCoupon& coupon);
    void AddAdmission(const AuditedCoupon& coupon);

    ledger::AuditReport report_;
};

}  // namespace coupon
