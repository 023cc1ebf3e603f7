#pragma once

#include <string>

#include "tests/simulation/random.h"
#include "tests/simulation/simulated_clock.h"
#include "tests/simulation/simulated_disk.h"

namespace coupon::simulation {

/// SQLite's way to a SimulatedDisk: files by name, wal-index in the memory of its connection (a
/// crash loses it), simulated time and seeded randomness. One connection a file, which is all that
/// the writer needs: locks are always granted. Must outlive the connections that use it. Confined
/// to one thread; one object at a time, because SQLite's own generator, of the whole process, is
/// set anew from `random` as well.
class SqliteSimulatedVfs {
public:
    SqliteSimulatedVfs(SimulatedDisk& disk, SimulatedClock& clock, Random& random);
    ~SqliteSimulatedVfs();
    SqliteSimulatedVfs(const SqliteSimulatedVfs&) = delete;
    SqliteSimulatedVfs& operator=(const SqliteSimulatedVfs&) = delete;

    /// What a store takes as its vfs.
    const std::string& Name() const { return name_; }

    // --- For the functions that SQLite calls
    SimulatedDisk& Disk() { return disk_; }
    SimulatedClock& Clock() { return clock_; }
    Random& Chance() { return random_; }

private:
    SimulatedDisk& disk_;
    SimulatedClock& clock_;
    Random& random_;
    std::string name_ = "simulated";
    void* registered_ = nullptr;
};

}  // namespace coupon::simulation
