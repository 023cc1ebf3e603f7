#include <chrono>
#include <utility>

#include "tests/simulation/world.h"

namespace coupon::simulation {
namespace {

constexpr int kStartsMax = 20;
constexpr int kFaultyStartsMax = 3;

}  // namespace

Result<void> World::OpenService() {
    auto ledger = ledger::SqliteLedger::Open(
        {.data_dir = options_.folder, .vfs = vfs_.Name(), .checkpoint_pages = checkpoint_pages_});
    if (!ledger) return std::unexpected(ledger.error());
    // Open has synced the folder; on the real file system, because SQLite's interface has no such
    // call.
    if (!disk_.Dead()) disk_.SyncFolder();
    service_ = MakeService(options_.bug, std::move(*ledger), clock_);
    return service_->Restore();
}

void World::Start() {
    for (int attempt = 0; attempt < kStartsMax && result_.broken.empty(); ++attempt) {
        if (at_rest_ || attempt >= kFaultyStartsMax) {
            disk_.Heal();
        } else if (random_.OneIn(5)) {
            disk_.CrashAfter(random_.Between(0, 25));
        } else if (random_.OneIn(10)) {
            ArmFault();
        }
        const Result<void> opened = OpenService();
        if (disk_.Dead()) {
            BuryIfDead(Event::kCrashInOpen);
            continue;
        }
        if (opened) return NoteStart();
        result_.coverage.Count(Event::kStartFailed);
        service_.reset();
        // An I/O error at start is one more failed start; rows that contradict a promise are the
        // end.
        if (opened.error().code == ErrorCode::kDamaged) {
            result_.broken = "does not start: " + Describe(opened.error());
        }
    }
    if (result_.broken.empty()) result_.broken = "never starts again";
}

void World::NoteStart() {
    result_.coverage.Count(Event::kStart);
    result_.history.starts.push_back(Now());
    log_pages_ = 0;
    CouponId last = workload_.LastCoupon();
    while (service_->See(CouponId{last.value + 1})) ++last.value;
    workload_.SetLastCoupon(last);
    for (std::int64_t id = 1; id <= last.value; ++id) See(CouponId{id}, true);
}

void World::StopCleanly() {
    RunRound();
    if (!service_) return;
    if (!at_rest_ && random_.OneIn(3)) disk_.CrashAfter(random_.Between(0, 8));
    service_.reset();
    if (disk_.Dead()) return BuryIfDead(Event::kCrashInClose);
    result_.coverage.Count(Event::kCleanStop);
    // A machine may lose its power while nothing runs.
    if (random_.OneIn(3)) disk_.Restart(SimulatedDisk::Crash::kPowerLost);
}

SimulatedDisk::Crash World::AnyCrash() {
    return random_.OneIn(3) ? SimulatedDisk::Crash::kProcessKilled
                            : SimulatedDisk::Crash::kPowerLost;
}

void World::Bury(SimulatedDisk::Crash crash) {
    disk_.Die();
    service_.reset();
    CutOffWaiting();
    disk_.Restart(crash);
}

void World::BuryIfDead(Event where) {
    if (!disk_.Dead()) return;
    result_.coverage.Count(where);
    Bury(AnyCrash());
}

void World::DieNow(Event where) {
    result_.coverage.Count(where);
    disk_.Die();
}

void World::ArmFault() {
    using Fault = SimulatedDisk::Fault;
    const auto fault =
        static_cast<Fault>(random_.Between(0, static_cast<std::int64_t>(Fault::kSlowSync)));
    const std::int64_t times_max = fault == Fault::kFull ? 30 : 3;
    disk_.Arm(fault, random_.Between(0, 30), random_.Between(1, times_max));
}

void World::JumpClock() {
    const std::int64_t by = random_.Between(1, 8'000);
    const bool forward = random_.OneIn(2);
    result_.coverage.Count(forward ? Event::kClockForward : Event::kClockBackward);
    clock_.Jump(std::chrono::milliseconds{forward ? by : -by});
}

void World::Rest() {
    at_rest_ = true;
    disk_.Heal();
    if (service_) StopCleanly();
    if (result_.broken.empty()) Start();
    if (!result_.broken.empty()) return;
    AskAllAgain();
    Bury(SimulatedDisk::Crash::kPowerLost);
    ReadRows();
}

void World::ReadRows() {
    auto ledger = ledger::SqliteLedger::Open({.data_dir = options_.folder, .vfs = vfs_.Name()});
    if (!ledger) {
        result_.broken = "the rows cannot be opened: " + Describe(ledger.error());
        return;
    }
    const auto coupons = (*ledger)->LoadCoupons();
    const auto loaded =
        (*ledger)->LoadIssuances([&](const ledger::SqliteLedger::StoredIssuance& row) {
            result_.stored.rows.push_back({row.issuance, row.redeemed});
            return Result<void>{};
        });
    if (!coupons || !loaded) {
        result_.broken =
            "the rows cannot be read: " + Describe(coupons ? loaded.error() : coupons.error());
        return;
    }
    for (const auto& stored : *coupons) {
        result_.stored.coupons.push_back({stored.coupon.id, stored.coupon.total_quantity});
    }
}

}  // namespace coupon::simulation
