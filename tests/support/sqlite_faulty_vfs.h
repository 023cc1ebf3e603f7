#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace coupon::support {

/// A disk that fails on command: an SQLite VFS around the default one that counts what changes a
/// file (write, sync, truncate; the wal-index is shared memory and not counted) and fails from a
/// chosen step on. Register one an object; pass Name() as a store's vfs. Must outlive the
/// connections that use it. Thread-safe.
class SqliteFaultyVfs {
public:
    enum class Fault {
        kIoError,  ///< SQLITE_IOERR of the step's kind
        kTornWrite,  ///< as kIoError, after the first half of the bytes was written
        kFull,  ///< SQLITE_FULL for writes; other steps succeed
    };

    explicit SqliteFaultyVfs(std::string name);
    ~SqliteFaultyVfs();
    SqliteFaultyVfs(const SqliteFaultyVfs&) = delete;
    SqliteFaultyVfs& operator=(const SqliteFaultyVfs&) = delete;

    const std::string& Name() const { return name_; }
    /// Lets `steps` more steps pass and fails every one after them, until Heal().
    void FailAfter(std::int64_t steps, Fault fault);
    void Heal();
    std::int64_t Steps() const { return steps_.load(std::memory_order_relaxed); }

    /// For the VFS's own functions: counts a step; whether it shall fail.
    bool Step();
    Fault CurrentFault() const { return fault_.load(std::memory_order_relaxed); }

private:
    std::string name_;
    void* registered_ = nullptr;
    // Independent counters, no partner: relaxed.
    std::atomic<std::int64_t> steps_{0};
    std::atomic<std::int64_t> first_failing_step_{INT64_MAX};
    std::atomic<Fault> fault_{Fault::kIoError};
};

}  // namespace coupon::support
