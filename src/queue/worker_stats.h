#pragma once

#include <array>
#include <cstddef>

#include "common/metric_cells.h"
#include "ledger/mysql_dead_letters.h"

namespace coupon::queue {

inline constexpr std::size_t kDeadLetterReasons =
    static_cast<std::size_t>(ledger::DeadLetterReason::kNoStock) + 1;

/// The numbers of one writer. Written by its thread, read by any.
struct WorkerStats {
    HistogramCell batch_sizes{kBatchSizeBounds};  ///< rows that were new, a transaction
    HistogramCell commit_nanoseconds{kSecondsBoundsNanoseconds};  ///< of a transaction, with COMMIT
    CounterCell written;  ///< rows that were new
    CounterCell repeats;  ///< rows that were there already
    CounterCell failed;  ///< batches that are tried again
    CounterCell readmitted;  ///< claims that Redis had lost and admitted again
    std::array<CounterCell, kDeadLetterReasons> dead_letters;
};

/// The numbers of the thread that reads the streams.
struct ReaderStats {
    CounterCell pending_deleted;
    CounterCell unreadable;
};

}  // namespace coupon::queue
