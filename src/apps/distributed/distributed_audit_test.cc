#include "apps/distributed/distributed_audit.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "common/limits.h"

namespace coupon {
namespace {

/// Ten users in the ledger, two of them redeemed; two more wait, one became a dead letter.
AuditedCoupon Sound() {
    AuditedCoupon coupon{.id = CouponId{7},
                         .admitted_before = AdmittedCounts{3, 13, 13, 2},
                         .ledger_before = {},
                         .rows = {.rows = 10, .distinct_users = 10, .last = Sequence{11}},
                         .redemptions = 2,
                         .ledger_after = {},
                         .admitted_after = AdmittedCounts{3, 13, 13, 2},
                         .dead_letters = 1};
    coupon.ledger_before.coupon.total_quantity = 20;
    coupon.ledger_before.issued = 10;
    coupon.ledger_after = coupon.ledger_before;
    return coupon;
}

/// The checks that a coupon breaks.
std::string Broken(const AuditedCoupon& coupon) {
    DistributedAudit audit;
    audit.Add(coupon);
    std::string broken;
    for (const ledger::AuditCheck& check : audit.Take().checks) {
        if (check.violations != 0) broken += check.what + "; ";
    }
    return broken;
}

TEST(DistributedAudit, PassesWhatFitsTogether) {
    DistributedAudit audit;
    audit.Add(Sound());
    const ledger::AuditReport report = audit.Take();
    EXPECT_TRUE(report.Passed());
    EXPECT_EQ(report.coupons, 1);
    EXPECT_EQ(report.issuances, 10);
    EXPECT_EQ(report.redemptions, 2);
    for (const ledger::AuditCheck& check : report.checks) EXPECT_EQ(check.rows_checked, 1);
}

TEST(DistributedAudit, LetsClaimsAndWritesGoOnMeanwhile) {
    AuditedCoupon coupon = Sound();
    coupon.ledger_before.issued = 9;
    coupon.ledger_after.issued = 12;
    coupon.admitted_after = AdmittedCounts{3, 15, 15, 4};
    EXPECT_EQ(Broken(coupon), "");
}

TEST(DistributedAudit, FindsMoreIssuancesThanTheStock) {
    AuditedCoupon coupon = Sound();
    coupon.ledger_after.coupon.total_quantity = 9;
    EXPECT_EQ(Broken(coupon), "issuances <= total quantity; ");
}

TEST(DistributedAudit, FindsAUserWithTwoRowsAndASequenceTwice) {
    AuditedCoupon coupon = Sound();
    coupon.rows.distinct_users = 9;
    EXPECT_EQ(Broken(coupon), "one row a user and coupon; ");
    coupon = Sound();
    coupon.rows.last = Sequence{9};
    EXPECT_EQ(Broken(coupon), "no sequence twice, and none below the number of rows; ");
}

TEST(DistributedAudit, FindsACounterThatIsOff) {
    AuditedCoupon coupon = Sound();
    coupon.ledger_before.issued = coupon.ledger_after.issued = 11;
    EXPECT_EQ(Broken(coupon), "issued_quantity == issuances; ");
    coupon.ledger_before.issued = coupon.ledger_after.issued = 9;
    EXPECT_EQ(Broken(coupon), "issued_quantity == issuances; ");
    coupon = Sound();
    coupon.admitted_after->users = 12;
    EXPECT_EQ(Broken(coupon), "admitted in Redis == users in Redis; ");
}

TEST(DistributedAudit, FindsAnAcknowledgedClaimThatIsNotInTheLedger) {
    AuditedCoupon coupon = Sound();
    coupon.dead_letters = 0;
    EXPECT_EQ(Broken(coupon), "admitted and not waiting is in the ledger, or a dead letter; ");
}

TEST(DistributedAudit, FindsAnIssuanceThatNobodyAdmitted) {
    AuditedCoupon coupon = Sound();
    coupon.admitted_before = coupon.admitted_after = AdmittedCounts{3, 9, 9, 0};
    EXPECT_EQ(Broken(coupon), "what is in the ledger is admitted; ");
}

TEST(DistributedAudit, FindsOversellInRedisAndOrdersBelowTheMinimum) {
    AuditedCoupon coupon = Sound();
    coupon.admitted_before = coupon.admitted_after = AdmittedCounts{3, 21, 21, 11};
    EXPECT_EQ(Broken(coupon), "admitted in Redis <= total quantity; ");
    coupon = Sound();
    coupon.redemptions_below_minimum = 1;
    EXPECT_EQ(Broken(coupon), "no order below the minimum price; ");
}

TEST(DistributedAudit, HoldsNothingAgainstAStateThatIsNotLoadedOrWasLoadedAnew) {
    AuditedCoupon coupon = Sound();
    coupon.admitted_before = AdmittedCounts{2, 30, 30, 0};
    EXPECT_EQ(Broken(coupon), "");
    coupon.admitted_after.reset();
    EXPECT_EQ(Broken(coupon), "");
}

TEST(DistributedAudit, TellsWhatCannotBeReadOfOneCouponAndLooksAtTheOthers) {
    AuditedCoupon damaged = Sound();
    damaged.admitted_before.reset();
    damaged.admitted_after.reset();
    damaged.damage = "WRONGTYPE";
    EXPECT_EQ(Broken(damaged), "what Redis has of the coupon can be read; ");
    DistributedAudit audit;
    audit.Add(damaged);
    audit.Add(Sound());
    const ledger::AuditReport report = audit.Take();
    EXPECT_EQ(report.coupons, 2);
    EXPECT_EQ(report.checks.back().examples.at(0), "coupon 7: WRONGTYPE");
}

TEST(DistributedAudit, NamesSomeViolationsAndCountsTheRest) {
    AuditedCoupon coupon = Sound();
    coupon.rows.distinct_users = 9;
    DistributedAudit audit;
    for (std::size_t i = 0; i < limits::kAuditExamplesMax + 2; ++i) audit.Add(coupon);
    const ledger::AuditReport report = audit.Take();
    EXPECT_FALSE(report.Passed());
    EXPECT_EQ(report.checks.at(1).violations, limits::kAuditExamplesMax + 2);
    EXPECT_EQ(report.checks.at(1).examples.size(), limits::kAuditExamplesMax);
    EXPECT_EQ(report.checks.at(1).examples.at(0), "coupon 7: users 9, bound 10");
}

}  // namespace
}  // namespace coupon
