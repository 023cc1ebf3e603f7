#include "queue/halving.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <set>
#include <vector>

namespace coupon::queue {
namespace {

struct Isolation {
    std::size_t tries = 0;
    std::vector<std::size_t> through;
    std::vector<std::size_t> set_aside;
};

Isolation Isolate(std::size_t count, const std::set<std::size_t>& bad) {
    Isolation run;
    Halving parts(count);
    while (const auto range = parts.Next()) {
        ++run.tries;
        const auto first = bad.lower_bound(range->begin);
        const bool fails = first != bad.end() && *first < range->begin + range->count;
        if (fails && range->count > 1) {
            parts.Halve();
            continue;
        }
        auto& to = fails ? run.set_aside : run.through;
        for (std::size_t i = 0; i < range->count; ++i) to.push_back(range->begin + i);
        parts.Done();
    }
    return run;
}

TEST(Halving, TriesAGoodBatchOnce) {
    const Isolation run = Isolate(5000, {});
    EXPECT_EQ(run.tries, 1u);
    EXPECT_EQ(run.through.size(), 5000u);
    EXPECT_TRUE(Isolate(0, {}).through.empty());
}

TEST(Halving, IsolatesOneBadClaimAnywhereInLogarithmicallyManyTries) {
    constexpr std::size_t kCount = 5000;
    for (std::size_t bad = 0; bad < kCount; bad += 7) {
        const Isolation run = Isolate(kCount, {bad});
        ASSERT_EQ(run.set_aside, std::vector<std::size_t>{bad});
        ASSERT_EQ(run.through.size(), kCount - 1);
        ASSERT_LE(run.tries, 2 * std::bit_width(kCount) + 1);
    }
}

TEST(Halving, LetsTheOthersThroughInTheirOrder) {
    const Isolation run = Isolate(9, {0, 4, 8});
    EXPECT_EQ(run.set_aside, (std::vector<std::size_t>{0, 4, 8}));
    EXPECT_EQ(run.through, (std::vector<std::size_t>{1, 2, 3, 5, 6, 7}));
}

TEST(HalvingDeathTest, CannotHalveOneClaim) {
    Halving parts(1);
    EXPECT_DEATH(parts.Halve(), "count > 1");
}

}  // namespace
}  // namespace coupon::queue
