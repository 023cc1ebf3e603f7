#include "admission/epoch_reclaimer.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <latch>
#include <thread>
#include <vector>

#include "common/limits.h"

namespace coupon::admission {
namespace {

/// Returns once `count` threads, with the calling one, have read at the same time.
void ReadTogether(const EpochReclaimer& reclaimer, std::size_t count) {
    const EpochReclaimer::ReadGuard own(reclaimer);  // its thread keeps its slot in any case
    std::latch reading(static_cast<std::ptrdiff_t>(count) - 1);
    std::vector<std::jthread> readers;
    for (std::size_t i = 1; i < count; ++i) {
        readers.emplace_back([&] {
            const EpochReclaimer::ReadGuard guard(reclaimer);
            reading.arrive_and_wait();
        });
    }
}

TEST(EpochReclaimer, FreesNothingThatAReaderMayHold) {
    EpochReclaimer reclaimer;
    bool released = false;
    {
        const EpochReclaimer::ReadGuard guard(reclaimer);
        reclaimer.Retire([&] { released = true; });
        EXPECT_FALSE(released);
        {
            const EpochReclaimer::ReadGuard nested(reclaimer);
        }
        reclaimer.Collect();
        EXPECT_FALSE(released) << "the inner guard must not end the outer one";
    }
    reclaimer.Collect();
    EXPECT_TRUE(released);
}

TEST(EpochReclaimer, IsNotHeldUpByAReaderThatCameLater) {
    EpochReclaimer reclaimer;
    bool released = false;
    bool kept = false;
    {
        const EpochReclaimer::ReadGuard early(reclaimer);
        reclaimer.Retire([&] { released = true; });
    }
    const EpochReclaimer::ReadGuard late(reclaimer);
    reclaimer.Retire([&] { kept = true; });
    EXPECT_TRUE(released);
    EXPECT_FALSE(kept);
}

TEST(EpochReclaimer, HasASlotForAsManyReadersAsMayReadAtOnce) {
    const EpochReclaimer reclaimer;
    ReadTogether(reclaimer, limits::kEngineReadersMax);
    ReadTogether(reclaimer, limits::kEngineReadersMax);  // each gave its slot back
    EXPECT_DEATH(ReadTogether(reclaimer, limits::kEngineReadersMax + 1), "CHECK failed");
}

}  // namespace
}  // namespace coupon::admission
