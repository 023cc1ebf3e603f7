#include "queue/reconcile_gaps.h"
#include "common/limits_consumer.h"

#include <gtest/gtest.h>

#include <set>

namespace coupon::queue {
namespace {

constexpr CouponId kOne{1};
constexpr CouponId kTwo{2};

/// At rest, one epoch: 100 admitted, of which `queued` wait.
ReconcileLook Look(std::int64_t queued, std::int64_t issued, std::int64_t dead_letters = 0) {
    const AdmissionCounts counts{.epoch = 1, .admitted = 100, .queued = queued};
    return {counts, issued, dead_letters, counts};
}

TEST(ReconcileGap, IsNoneWhereEveryClaimIsAccountedFor) {
    EXPECT_EQ(GapOf(Look(0, 100)), ReconcileGap{});
    EXPECT_EQ(GapOf(Look(30, 70)), ReconcileGap{});
    EXPECT_EQ(GapOf(Look(30, 68, 2)), ReconcileGap{});
    EXPECT_EQ(GapOf(Look(0, 100, 2)), ReconcileGap{}) << "letters of an epoch before";
    EXPECT_EQ(GapOf(Look(30, 90)), ReconcileGap{}) << "written, and not acknowledged yet";
}

TEST(ReconcileGap, CountsWhatIsMissingOnEitherSide) {
    EXPECT_EQ(GapOf(Look(30, 65, 2)), (ReconcileGap{.not_in_ledger = 3}));
    EXPECT_EQ(GapOf(Look(0, 104)), (ReconcileGap{.not_admitted = 4}));
}

TEST(ReconcileGap, IsNoneWhileClaimsComeAndAreWritten) {
    ReconcileLook look = Look(30, 95);
    look.after.admitted = 160;
    look.after.queued = 20;
    EXPECT_EQ(GapOf(look), ReconcileGap{});
    look.issued = 150;  // admitted and written between the two looks
    EXPECT_EQ(GapOf(look), ReconcileGap{});
}

TEST(ReconcileGap, IsUnknownAcrossEpochs) {
    ReconcileLook look = Look(0, 100);
    look.after.epoch = 2;
    EXPECT_EQ(GapOf(look), std::nullopt);
}

TEST(ReconcileGaps, AddsThoseThatAreKnown) {
    ReconcileGaps gaps;
    EXPECT_EQ(gaps.Sum(), std::nullopt);
    gaps.SetCoupons({kOne, kTwo});
    EXPECT_EQ(gaps.Sum(), std::nullopt) << "nothing was looked at";
    gaps.Record(kOne, ReconcileGap{1, 2});
    EXPECT_EQ(gaps.Sum(), (ReconcileGap{1, 2}));
    gaps.Record(kTwo, ReconcileGap{10, 20});
    EXPECT_EQ(gaps.Sum(), (ReconcileGap{11, 22}));
    gaps.Record(kOne, std::nullopt);
    EXPECT_EQ(gaps.Sum(), (ReconcileGap{10, 20}));
    gaps.SetCoupons({kOne});
    gaps.Record(kTwo, ReconcileGap{});
    EXPECT_EQ(gaps.Sum(), std::nullopt) << "that one is gone";
}

TEST(ReconcileGaps, GoesRoundOverTheCoupons) {
    constexpr auto kAtOnce = static_cast<std::int64_t>(limits::kReconciledAtOnce);
    ReconcileGaps gaps;
    gaps.SetCoupons({kOne, kTwo});
    EXPECT_EQ(gaps.Next(), (std::vector{kOne, kTwo}));
    std::set<CouponId> many;
    for (std::int64_t id = 1; id <= kAtOnce + 5; ++id) many.insert(CouponId{id});
    gaps.SetCoupons(many);
    const auto next = gaps.Next();
    EXPECT_EQ(next.size(), limits::kReconciledAtOnce);
    EXPECT_EQ(next.front(), CouponId{3});
    EXPECT_EQ(gaps.Next().front().value, kAtOnce + 3);
}

}  // namespace
}  // namespace coupon::queue
