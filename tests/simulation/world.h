#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <vector>

#include "tests/simulation/random.h"
#include "tests/simulation/simulated_clock.h"
#include "tests/simulation/simulated_disk.h"
#include "tests/simulation/simulation.h"
#include "tests/simulation/sqlite_simulated_vfs.h"
#include "tests/simulation/workload.h"

namespace coupon::simulation {

/// One run: who asks what, what the disk does, when the process dies; and the record of it.
/// Confined to one thread.
class World {
public:
    World(const RunOptions& options, RunResult& result);

    /// Clients, operator and faults.
    void Live();
    /// No fault any more: starts again, lets everybody ask once more, cuts the power and reads what
    /// is left.
    void Rest();

private:
    // --- The life of the process (world_process.cc)
    Result<void> OpenService();
    void Start();
    void StopCleanly();
    /// After the process died: its memory goes, and perhaps what it had not synced.
    void Bury(SimulatedDisk::Crash crash);
    void BuryIfDead(Event where);
    SimulatedDisk::Crash AnyCrash();
    void DieNow(Event where);
    void ArmFault();
    void JumpClock();
    void NoteStart();
    void ReadRows();

    // --- Clients and operator (world_clients.cc)
    void Ask(const Workload::Wish& wish);
    void AskDuringWrite();
    void Look(Operation& operation);
    void RunRound();
    void Deliver(std::span<const admission::UserReply> replies);
    void Answer(const admission::UserReply& reply, bool at_once);
    void ChangeSomething(const admission::OperatorChange& change);
    void NoteChange(const admission::OperatorChange& change,
                    const Result<admission::CouponView>& answer);
    void See(CouponId coupon, bool after_start);
    void AskAllAgain();
    void CutOffWaiting();

    void Step();
    Tick Now() { return ++tick_; }

    const RunOptions& options_;
    RunResult& result_;
    Random random_;
    SimulatedClock clock_;
    SimulatedDisk disk_;
    SqliteSimulatedVfs vfs_;
    Workload workload_;
    std::unique_ptr<Service> service_;
    std::vector<admission::UserRequest> waiting_;  ///< the tag is the operation's index
    std::set<std::uint64_t> hung_up_;  ///< operations whose client has gone
    Tick tick_ = 0;
    int checkpoint_pages_;
    int log_pages_ = 0;
    bool writing_ = false;
    bool at_rest_ = false;
};

}  // namespace coupon::simulation
