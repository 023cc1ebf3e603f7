#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/metric_cells.h"

namespace coupon::http {

/// Of kSecondsBoundsNanoseconds, and a last, open one.
inline constexpr std::size_t kLatencyBuckets = kSecondsBoundsNanoseconds.size() + 1;

/// The statuses that have a row of their own, ascending; any other counts in the row of its class
/// (299, 399, ...).
std::span<const int> StatusSlots();
/// Index into StatusSlots(); 0 <= result < StatusSlots().size() for any number.
std::size_t StatusSlotOf(int status);

/// What was answered on one (route, status).
struct RequestStatsRow {
    std::uint16_t route = 0;
    int status = 0;
    std::uint64_t count = 0;
    std::uint64_t nanoseconds_sum = 0;
    /// Not cumulative; the last one is above all bounds.
    std::array<std::uint64_t, kLatencyBuckets> buckets{};
};

/// The answers of one loop by (route, status). One writer (the loop), any number of readers: every
/// cell is a relaxed atomic that is loaded and stored, so a reader sees each number whole but not
/// all of one instant.
class RequestStats {
public:
    explicit RequestStats(std::size_t route_count);

    /// Loop's thread only. A route beyond route_count counts as 0.
    void Record(std::uint16_t route, int status, std::chrono::nanoseconds latency);

    std::size_t RouteCount() const { return route_count_; }
    /// Adds this loop's numbers to `table`, which has RouteCount() * StatusSlots().size() rows,
    /// route major. Any thread.
    void AddTo(std::span<RequestStatsRow> table) const;

private:
    struct alignas(kCacheLineBytes) Cell {
        std::atomic<std::uint64_t> nanoseconds_sum{0};
        std::array<std::atomic<std::uint64_t>, kLatencyBuckets> buckets{};
    };

    std::size_t route_count_;
    std::unique_ptr<Cell[]> cells_;
};

/// Sums loops of the same route_count; rows without answers are left out. Any thread.
std::vector<RequestStatsRow> SumRequestStats(std::span<const RequestStats* const> loops);

}  // namespace coupon::http
