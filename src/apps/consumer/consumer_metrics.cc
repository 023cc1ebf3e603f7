#include "apps/consumer/consumer_metrics.h"

#include <chrono>
#include <utility>

#include "common/metric_cells.h"
#include "common/metric_family.h"
#include "ledger/mysql_dead_letters.h"

namespace coupon {
using prometheus::MetricFamily;

std::vector<MetricFamily> QueueFamilies(const std::optional<queue::QueueNumbers>& queue) {
    if (!queue) return {};
    std::vector<MetricFamily> families = {
        OneGauge("coupon_queue_unknown_coupons",
                 "Coupons that are not in coupon_queue_backlog: Redis could not be read or does "
                 "not have them loaded",
                 static_cast<double>(queue->unknown_coupons))};
    if (queue->backlog) {
        families.push_back(OneGauge(
            "coupon_queue_backlog",
            "Claims that are accepted and not in the ledger, of the coupons that are known",
            static_cast<double>(*queue->backlog)));
    }
    if (queue->oldest) {
        families.push_back(OneGauge("coupon_queue_oldest_seconds", "Age of the oldest of them",
                                    std::chrono::duration<double>(*queue->oldest).count()));
    }
    return families;
}

std::vector<MetricFamily> GapFamilies(const std::optional<queue::ReconcileGap>& gap) {
    if (!gap) return {};
    MetricFamily family = GaugeFamily(
        "coupon_reconcile_gap",
        "Claims by which Redis and the ledger differ: admitted and neither queued, issued nor a "
        "dead letter; issued and not admitted. Of the coupons that are loaded; 0 when all is well");
    AddGauge(family, static_cast<double>(gap->not_in_ledger), {{"kind", "not_in_ledger"}});
    AddGauge(family, static_cast<double>(gap->not_admitted), {{"kind", "not_admitted"}});
    return {std::move(family)};
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

std::vector<MetricFamily> ProgramFamilies(std::string_view version,
                                          std::optional<admission::AckLevel> level,
                                          std::uint64_t log_dropped) {
    MetricLabels labels = {{"version", std::string(version)}};
    if (level) labels.emplace_back("ack_level", admission::ToString(*level));
    MetricFamily build = GaugeFamily("coupon_build_info", "1, with what runs as labels");
    AddGauge(build, 1, labels);
    return {std::move(build),
            OneCounter("coupon_log_dropped_total",
                       "Log lines lost because the log's reader did not keep up", log_dropped)};
}

}  // namespace coupon
