#include <gtest/gtest.h>

#include <cstdint>
#include <memory>

#include "ledger/sqlite_ledger.h"
#include "tests/simulation/sqlite_simulated_vfs.h"
#include "tests/support/temporary_folder.h"

namespace coupon::simulation {
namespace {

/// What the simulation has found about starts of the ledger, each as a scenario of its own.
class LedgerStart : public testing::Test {
protected:
    /// One machine a seed.
    struct Machine {
        explicit Machine(std::uint64_t seed) : random(seed) {}

        Random random;
        SimulatedClock clock;
        Coverage coverage;
        SimulatedDisk disk{random, clock, coverage};
        SqliteSimulatedVfs vfs{disk, clock, random};
    };

    Result<std::unique_ptr<ledger::SqliteLedger>> Open(Machine& machine) const {
        auto ledger =
            ledger::SqliteLedger::Open({.data_dir = folder_.Path(), .vfs = machine.vfs.Name()});
        if (ledger) machine.disk.SyncFolder();
        return ledger;
    }

    static Coupon AnyCoupon() {
        Coupon coupon;
        coupon.id = CouponId{1};
        coupon.name = "simulated";
        coupon.issue_end = WallTime{std::chrono::milliseconds{1}};
        return coupon;
    }

    static Result<void> Write(ledger::SqliteLedger& ledger, std::int64_t sequence) {
        const Issuance row{CouponId{1}, Sequence{sequence}, UserId{sequence}, WallTime{}};
        return ledger.Write({.issuances = {&row, 1}, .redemptions = {}, .undos = {}});
    }

    static std::int64_t Rows(ledger::SqliteLedger& ledger) {
        std::int64_t rows = 0;
        EXPECT_TRUE(ledger.LoadIssuances([&](const auto&) {
            ++rows;
            return Result<void>{};
        }));
        return rows;
    }

    support::TemporaryFolder folder_;
};

TEST_F(LedgerStart, NeverServesWithoutALogWhicheverWriteOfItsCreationFindsNoRoom) {
    int refused = 0;
    for (std::int64_t step = 0; step < 30; ++step) {
        Machine machine(1);
        machine.disk.Arm(SimulatedDisk::Fault::kShortWrite, step, 1);
        const auto ledger = Open(machine);
        if (!ledger) {
            ++refused;
            continue;
        }
        machine.disk.Heal();
        EXPECT_TRUE((*ledger)->WriteCoupon(
            {.coupon = AnyCoupon(), .action = "create", .detail = {}, .at = {}}));
        EXPECT_TRUE(machine.disk.Exists((folder_.Path() / "coupon.db-wal").string())) << step;
    }
    EXPECT_GT(refused, 0);
}

TEST_F(LedgerStart, KeepsTheRowsItShowsAfterAFailedSyncOverAPowerCut) {
    int shown_though_unknown = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        Machine machine(seed);
        auto ledger = Open(machine);
        ASSERT_TRUE(ledger);
        ASSERT_TRUE((*ledger)->WriteCoupon(
            {.coupon = AnyCoupon(), .action = "create", .detail = {}, .at = {}}));
        for (std::int64_t sequence = 1; sequence <= 3; ++sequence) {
            ASSERT_TRUE(Write(**ledger, sequence));
        }
        machine.disk.Arm(SimulatedDisk::Fault::kSyncError, 0, 1);
        ASSERT_FALSE(Write(**ledger, 4));
        ledger->reset();
        ledger = Open(machine);
        ASSERT_TRUE(ledger);
        const std::int64_t shown = Rows(**ledger);
        shown_though_unknown += shown == 4 ? 1 : 0;
        machine.disk.Die();
        ledger->reset();
        machine.disk.Restart(SimulatedDisk::Crash::kPowerLost);
        ledger = Open(machine);
        ASSERT_TRUE(ledger) << "seed " << seed << ": " << Describe(ledger.error());
        EXPECT_EQ(Rows(**ledger), shown) << "seed " << seed;
    }
    EXPECT_GT(shown_though_unknown, 0);
}

}  // namespace
}  // namespace coupon::simulation
