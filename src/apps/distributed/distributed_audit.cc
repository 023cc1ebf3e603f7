#include "apps/distributed/distributed_audit.h"

#include <fmt/format.h>

#include "common/limits.h"

namespace coupon {
namespace {

// Indices of report_.checks.
constexpr std::size_t kStock = 0;
constexpr std::size_t kOnePerUser = 1;
constexpr std::size_t kSequences = 2;
constexpr std::size_t kLedgerCounter = 3;
constexpr std::size_t kMinimumPrice = 4;
constexpr std::size_t kAdmittedStock = 5;
constexpr std::size_t kAdmittedCounter = 6;
constexpr std::size_t kNothingLost = 7;
constexpr std::size_t kNothingInvented = 8;
constexpr std::size_t kReadable = 9;

}  // namespace

DistributedAudit::DistributedAudit() {
    report_.checks = {
        {"P2", "issuances <= total quantity"},
        {"P4", "one row a user and coupon"},
        {"P5", "no sequence twice, and none below the number of rows"},
        {"counters", "issued_quantity == issuances"},
        {"redemptions", "no order below the minimum price"},
        {"P2", "admitted in Redis <= total quantity"},
        {"counters", "admitted in Redis == users in Redis"},
        {"P1", "admitted and not waiting is in the ledger, or a dead letter"},
        {"P1", "what is in the ledger is admitted"},
        {"counters", "what Redis has of the coupon can be read"},
    };
}

void DistributedAudit::Book(std::size_t check, std::string violation) {
    ledger::AuditCheck& booked = report_.checks[check];
    ++booked.rows_checked;
    if (violation.empty()) return;
    ++booked.violations;
    if (booked.examples.size() < limits::kAuditExamplesMax) {
        booked.examples.push_back(std::move(violation));
    }
}

void DistributedAudit::Add(const AuditedCoupon& coupon) {
    ++report_.coupons;
    report_.issuances += coupon.rows.rows;
    report_.redemptions += coupon.redemptions;
    AddLedger(coupon);
    AddAdmission(coupon);
}

void DistributedAudit::AddLedger(const AuditedCoupon& coupon) {
    const auto say = [&coupon](bool good, std::string_view what, std::int64_t is,
                               std::int64_t limit) {
        return good ? std::string()
                    : fmt::format("coupon {}: {} {}, bound {}", coupon.id.value, what, is, limit);
    };
    const std::int64_t rows = coupon.rows.rows;
    // A cut takes effect in Redis first, so the total read last is the smallest that ever held.
    if (const auto total = coupon.ledger_after.coupon.total_quantity) {
        Book(kStock, say(rows <= *total, "issuances", rows, *total));
    }
    Book(kOnePerUser,
         say(coupon.rows.distinct_users == rows, "users", coupon.rows.distinct_users, rows));
    Book(kSequences,
         say(coupon.rows.last.value >= rows, "last sequence", coupon.rows.last.value, rows));
    Book(kLedgerCounter, rows < coupon.ledger_before.issued
                             ? say(false, "issuances", rows, coupon.ledger_before.issued)
                             : say(rows <= coupon.ledger_after.issued, "issuances", rows,
                                   coupon.ledger_after.issued));
    Book(kMinimumPrice, say(coupon.redemptions_below_minimum == 0, "orders below the minimum",
                            coupon.redemptions_below_minimum, 0));
}

void DistributedAudit::AddAdmission(const AuditedCoupon& coupon) {
    Book(kReadable, coupon.damage.empty()
                        ? std::string()
                        : fmt::format("coupon {}: {}", coupon.id.value, coupon.damage));
    const auto& before = coupon.admitted_before;
    const auto& after = coupon.admitted_after;
    // Not loaded, or loaded anew meanwhile: there is nothing to hold the ledger against.
    if (!before || !after || before->epoch != after->epoch) return;
    const auto say = [&coupon](bool good, std::string_view what, std::int64_t is,
                               std::int64_t bound) {
        return good ? std::string()
                    : fmt::format("coupon {}: {} {}, bound {}", coupon.id.value, what, is, bound);
    };
    if (const auto total = coupon.ledger_before.coupon.total_quantity) {
        Book(kAdmittedStock, say(before->admitted <= *total, "admitted", before->admitted, *total));
    }
    Book(kAdmittedCounter,
         say(after->admitted == after->users, "admitted", after->admitted, after->users));
    const std::int64_t settled = before->admitted - before->queued - coupon.dead_letters;
    Book(kNothingLost, say(coupon.rows.rows >= settled, "issuances", coupon.rows.rows, settled));
    Book(kNothingInvented,
         say(coupon.rows.rows <= after->admitted, "issuances", coupon.rows.rows, after->admitted));
}

}  // namespace coupon
