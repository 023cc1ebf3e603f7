#include "http/request_stats.h"

#include <algorithm>

#include "common/check.h"

namespace coupon::http {
namespace {

constexpr std::array kStatuses = {199, 200, 201, 202, 204, 299, 304, 399, 400, 401, 403, 404,
                                  405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 417, 422,
                                  429, 431, 499, 500, 501, 502, 503, 504, 505, 599};
constexpr int kStatusesEnd = 600;

constexpr std::uint8_t SlotOf(int status) {
    const int known = status < 100 || status >= kStatusesEnd ? kStatusesEnd - 1 : status;
    for (std::size_t i = 0; i < kStatuses.size(); ++i) {
        if (kStatuses[i] == known) return static_cast<std::uint8_t>(i);
    }
    return SlotOf(known / 100 * 100 + 99);
}

constexpr auto kSlots = [] {
    std::array<std::uint8_t, kStatusesEnd> slots{};
    for (int status = 0; status < kStatusesEnd; ++status) {
        slots[static_cast<std::size_t>(status)] = SlotOf(status);
    }
    return slots;
}();

}  // namespace

std::span<const int> StatusSlots() { return kStatuses; }

std::size_t StatusSlotOf(int status) {
    return kSlots[static_cast<std::size_t>(status < 0 || status >= kStatusesEnd ? kStatusesEnd - 1
                                                                                : status)];
}

RequestStats::RequestStats(std::size_t route_count)
    : route_count_(std::max<std::size_t>(route_count, 1)),
      cells_(std::make_unique<Cell[]>(route_count_ * kStatuses.size())) {}

void RequestStats::Record(std::uint16_t route, int status, std::chrono::nanoseconds latency) {
    const std::size_t row = route < route_count_ ? route : 0;
    Cell& cell = cells_[row * kStatuses.size() + StatusSlotOf(status)];
    const std::int64_t nanoseconds = std::max<std::int64_t>(latency.count(), 0);
    const auto bound = std::ranges::lower_bound(kSecondsBoundsNanoseconds, nanoseconds);
    AddRelaxed(cell.buckets[static_cast<std::size_t>(bound - kSecondsBoundsNanoseconds.begin())],
               1);
    AddRelaxed(cell.nanoseconds_sum, static_cast<std::uint64_t>(nanoseconds));
}

void RequestStats::AddTo(std::span<RequestStatsRow> table) const {
    CHECK(table.size() == route_count_ * kStatuses.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
        RequestStatsRow& row = table[i];
        row.route = static_cast<std::uint16_t>(i / kStatuses.size());
        row.status = kStatuses[i % kStatuses.size()];
        row.nanoseconds_sum += cells_[i].nanoseconds_sum.load(std::memory_order_relaxed);
        for (std::size_t bucket = 0; bucket < kLatencyBuckets; ++bucket) {
            const std::uint64_t count = cells_[i].buckets[bucket].load(std::memory_order_relaxed);
            row.buckets[bucket] += count;
            row.count += count;
        }
    }
}

std::vector<RequestStatsRow> SumRequestStats(std::span<const RequestStats* const> loops) {
    if (loops.empty()) return {};
    std::vector<RequestStatsRow> table(loops.front()->RouteCount() * kStatuses.size());
    for (const RequestStats* loop : loops) loop->AddTo(table);
    std::erase_if(table, [](const RequestStatsRow& row) { return row.count == 0; });
    return table;
}

}  // namespace coupon::http
