#include "apps/ledger_metrics.h"

#include <array>
#include <string>
#include <utility>

#include "common/metric_cells.h"
#include "common/metric_family.h"

namespace coupon {
namespace {

prometheus::MetricFamily HistogramOf(const HistogramCell& cell, std::string name, std::string help,
                                     double divisor) {
    const std::array cells = {&cell};
    return OneHistogram(std::move(name), std::move(help),
                        SumCells(std::span<const HistogramCell* const>(cells)), cell.Bounds(),
                        divisor);
}

}  // namespace

std::vector<prometheus::MetricFamily> LedgerFamilies(
    const admission::EmbeddedAdmission& admission) {
    const admission::Sequencer& sequencer = admission.SequencerState();
    prometheus::MetricFamily commits =
        CounterFamily("coupon_ledger_commits_total", "Transactions of the ledger by outcome");
    AddCounter(commits, static_cast<double>(sequencer.Commits()), {{"outcome", "committed"}});
    AddCounter(commits, static_cast<double>(sequencer.FailedCommits()), {{"outcome", "failed"}});
    prometheus::MetricFamily overloaded =
        CounterFamily("coupon_admission_overloaded_total",
                      "Requests refused undecided: their loop's queue was full, or they had waited "
                      "longer than admission.wait_max");
    AddCounter(overloaded, static_cast<double>(admission.Overloaded()), {{"reason", "queue_full"}});
    AddCounter(overloaded, static_cast<double>(sequencer.Shed()), {{"reason", "waited"}});
    std::vector<prometheus::MetricFamily> families = {
        commits, overloaded,
        HistogramOf(sequencer.CommitNanoseconds(), "coupon_ledger_commit_seconds",
                    "Time to write and fsync one batch", kNanosecondsPerSecond),
        HistogramOf(sequencer.BatchSizes(), "coupon_ledger_batch_size",
                    "Claims admitted in one transaction", 1),
        OneGauge("coupon_admission_closed",
                 "1 when an I/O error has closed the writer until restart",
                 sequencer.Closed() ? 1 : 0)};
    if (sequencer.Commits() > 0) {  // before that it is not known
        families.push_back(OneGauge("coupon_ledger_log_pages",
                                    "Pages in the write-ahead log after the last commit",
                                    static_cast<double>(sequencer.LogPages())));
    }
    return families;
}

}  // namespace coupon
