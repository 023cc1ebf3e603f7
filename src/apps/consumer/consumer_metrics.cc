#include "apps/consumer/consumer_metrics.h"

#include <chrono>
#include <utility>

#include "common/metric_cells.h"
#include "common/metric_family.h"
#include "ledger/mysql_dead_letters.h"

namespace coupon {
namespace {

using prometheus::MetricFamily;

MetricFamily OneCounter(std::string name, std::string help, std::uint64_t value) {
    MetricFamily family = CounterFamily(std::move(name), std::move(help));
    AddCounter(family, static_cast<double>(value));
    return family;
}

MetricFamily OneHistogram(std::string name, std::string help, const HistogramTotals& totals,
                          std::span<const std::int64_t> bounds, double divisor) {
    MetricFamily family = HistogramFamily(std::move(name), std::move(help));
    AddHistogram(family, totals, bounds, divisor);
    return family;
}

}  // namespace

std::vector<MetricFamily> QueueFamilies(const std::optional<queue::QueueNumbers>& queue) {
    if (!queue) return {};
    return {OneGauge("coupon_queue_backlog", "Claims that are accepted and not in the ledger",
                     static_cast<double>(queue->backlog)),
            OneGauge("coupon_queue_oldest_seconds", "Age of the oldest of them",
                     std::chrono::duration<double>(queue->oldest).count())};
}

std::vector<MetricFamily> ConsumerFamilies(const queue::ConsumerNumbers& numbers) {
    MetricFamily letters =
        CounterFamily("coupon_dead_letters_total", "Claims that cannot be written, by reason");
    for (std::size_t i = 0; i < queue::kDeadLetterReasons; ++i) {
        const auto reason = static_cast<ledger::DeadLetterReason>(i);
        AddCounter(letters, static_cast<double>(numbers.dead_letters[i]),
                   {{"reason", std::string(ledger::ToString(reason))}});
    }
    MetricFamily rows =
        CounterFamily("coupon_ledger_rows_total", "Claims written, and found to be there already");
    AddCounter(rows, static_cast<double>(numbers.written), {{"result", "new"}});
    AddCounter(rows, static_cast<double>(numbers.repeats), {{"result", "repeat"}});
    return {
        std::move(letters),
        std::move(rows),
        OneHistogram("coupon_ledger_batch_size", "Rows that were new in one transaction",
                     numbers.batch_sizes, kBatchSizeBounds, 1),
        OneHistogram("coupon_ledger_commit_seconds", "Time of one transaction with its COMMIT",
                     numbers.commit_nanoseconds, kSecondsBoundsNanoseconds, kNanosecondsPerSecond),
        OneCounter("coupon_pending_deleted_total",
                   "Entries that somebody deleted from a stream before they were written",
                   numbers.pending_deleted),
        OneCounter("coupon_queue_unreadable_total",
                   "Entries that this version cannot read; they stay in their stream",
                   numbers.unreadable),
        OneCounter("coupon_queue_readmitted_total", "Claims that Redis had lost and admitted again",
                   numbers.readmitted),
        OneCounter("coupon_queue_retries_total", "Times that a coupon's work failed and waits",
                   numbers.failed_batches)};
}

std::vector<MetricFamily> DatasourceFamilies(const ledger::MysqlPoolNumbers& pool) {
    MetricFamily connections =
        GaugeFamily("coupon_datasource_connections", "Connections to the ledger by state");
    AddGauge(connections, static_cast<double>(pool.active), {{"state", "active"}});
    AddGauge(connections, static_cast<double>(pool.idle), {{"state", "idle"}});
    AddGauge(connections, static_cast<double>(pool.pending), {{"state", "pending"}});
    AddGauge(connections, static_cast<double>(pool.max), {{"state", "max"}});
    return {std::move(connections),
            OneCounter("coupon_datasource_timeouts_total",
                       "Times that no connection was free within datasource.connection_timeout",
                       pool.timeouts),
            OneHistogram("coupon_datasource_acquire_seconds", "Time to get a connection",
                         pool.acquire, kSecondsBoundsNanoseconds, kNanosecondsPerSecond)};
}

std::vector<MetricFamily> ProgramFamilies(std::string_view version, std::uint64_t log_dropped,
                                          const http::TransportTotals& http) {
    MetricFamily build = GaugeFamily("coupon_build_info", "1, with what runs as labels");
    AddGauge(build, 1, {{"version", std::string(version)}});
    return {std::move(build),
            OneCounter("coupon_log_dropped_total",
                       "Log lines lost because the log's reader did not keep up", log_dropped),
            OneGauge("http_server_connections_current", "Open connections",
                     static_cast<double>(http.connections_current)),
            OneGauge("http_server_connections_max", "Connections from which on 503 is answered",
                     static_cast<double>(http.connections_limit))};
}

}  // namespace coupon
