#pragma once

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "common/clock.h"
#include "common/mutex.h"

namespace coupon {

/// This process and its machine, from /proc, under Micrometer's names: process_cpu_usage and
/// system_cpu_usage (0 to 1, of all CPUs, since the previous Collect; NaN at the first),
/// process_uptime_seconds, process_start_time_seconds, process_files_open_files,
/// process_files_max_files, process_resident_memory_bytes, system_cpu_count. What cannot be read is
/// NaN. Thread-safe. With two scrapers "since the previous" is since either's.
class ProcessMetrics final : public prometheus::Collectable {
public:
    /// `clock` must outlive it. `proc_root` differs in tests only.
    explicit ProcessMetrics(const Clock& clock, std::filesystem::path proc_root = "/proc");

    std::vector<prometheus::MetricFamily> Collect() const override;

private:
    /// Ticks of CPU time at one scrape; absent where /proc said nothing.
    struct CpuSample {
        MonotonicTime taken_at;
        std::optional<std::uint64_t> process_ticks;
        std::optional<std::uint64_t> system_busy_ticks;
        std::optional<std::uint64_t> system_all_ticks;
    };

    double ProcessUsage(const CpuSample& sample, double cpus) const REQUIRES(mutex_);
    double SystemUsage(const CpuSample& sample) const REQUIRES(mutex_);

    const Clock& clock_;
    const std::filesystem::path proc_root_;
    mutable Mutex mutex_;
    mutable std::optional<CpuSample> previous_ GUARDED_BY(mutex_);
};

}  // namespace coupon
