#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/coverage.h"
#include "tests/simulation/random.h"
#include "tests/simulation/simulated_clock.h"

namespace coupon::simulation {

/// A disk in memory under a page cache, which knows what a crash may take. What was written is seen
/// at once and kept for certain only from the next sync on. A power cut takes any part of the rest,
/// sector by sector and in any order; a killed process takes nothing. A failed sync may leave what
/// it should have written seen but never kept, whatever later syncs say, as Linux does. A full disk
/// refuses only what makes a file grow: blocks that are there are written in place, as ext4 and XFS
/// do. Folder entries are kept from SyncFolder on. Confined to one thread.
class SimulatedDisk {
public:
    enum class Io { kOk, kFailed, kFull };
    enum class Crash { kProcessKilled, kPowerLost };
    enum class Fault {
        kWriteError,
        kTornWriteError,  ///< an error after a part was written
        kSyncError,
        kTruncateError,
        kFull,
        kShortWrite,  ///< as kFull, after a part was written
        kSlowSync,  ///< takes seconds
    };
    static constexpr std::size_t kSectorBytes = 512;

    class File;

    /// All must outlive the disk.
    SimulatedDisk(Random& random, SimulatedClock& clock, Coverage& coverage)
        : random_(random), clock_(clock), coverage_(coverage) {}
    SimulatedDisk(const SimulatedDisk&) = delete;
    SimulatedDisk& operator=(const SimulatedDisk&) = delete;

    // --- Files. Everything fails once the disk is dead.
    bool Exists(const std::string& name) const { return names_.contains(name); }
    /// nullptr if it is not there and shall not be made.
    std::shared_ptr<File> Open(const std::string& name, bool create);
    Io Delete(const std::string& name, bool sync_folder);
    void SyncFolder() { durable_names_ = names_; }
    Io Write(File& file, std::string_view bytes, std::size_t offset);
    Io Truncate(File& file, std::size_t bytes);
    Io Sync(File& file);
    const std::string& Content(const File& file) const;

    // --- Faults
    /// Lets `steps` steps pass; the next `times` that fit the fault have it.
    void Arm(Fault fault, std::int64_t steps, std::int64_t times);
    void Heal();
    /// The process dies in the step after `steps` more.
    void CrashAfter(std::int64_t steps) { crash_after_ = steps; }
    /// The process dies now: nothing that it does any more has an effect.
    void Die() { dead_ = true; }
    bool Dead() const { return dead_; }
    /// After the dead process has let go of its files: what the next one finds.
    void Restart(Crash crash);
    /// A planted bug: syncs say that they have kept what they have not.
    void DropSyncs() { drop_syncs_ = true; }
    /// Called before each write and sync of a living process.
    void OnStep(std::function<void()> hook) { on_step_ = std::move(hook); }
    /// Called when a write, sync or truncate fails with an error other than a full disk.
    void OnError(std::function<void()> hook) { on_error_ = std::move(hook); }

private:
    bool CrashesNow();
    bool Has(Fault fault);
    Io Fail(Event event);
    Io FailedSync(File& file);
    void WritePart(File& file, std::string_view bytes, std::size_t offset);
    /// Up to somewhere beyond the end that the file had.
    void WriteWhatFits(File& file, std::string_view bytes, std::size_t offset);
    void LosePower(File& file);

    Random& random_;
    SimulatedClock& clock_;
    Coverage& coverage_;
    std::map<std::string, std::shared_ptr<File>> names_;
    std::map<std::string, std::shared_ptr<File>> durable_names_;
    std::function<void()> on_step_;
    std::function<void()> on_error_;
    Fault fault_ = Fault::kFull;
    std::int64_t fault_after_ = 0;
    std::int64_t fault_times_ = 0;
    std::int64_t crash_after_ = -1;  ///< below 0: not armed
    bool dead_ = false;
    bool drop_syncs_ = false;
};

}  // namespace coupon::simulation
