#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "common/limits_distributed.h"

/// The limits of the consumer. See limits.h.
namespace coupon::limits {

/// Claims of one transaction: consumer.batch_max, and what it may be set to.
inline constexpr std::int64_t kConsumerBatchDefault = 5'000;
inline constexpr std::int64_t kConsumerBatchMax = 50'000;
/// Writers: consumer.threads, and what it may be set to.
inline constexpr std::int64_t kConsumerThreadsDefault = 4;
inline constexpr std::int64_t kConsumerThreadsMax = 32;
/// Of consumer.lease.
inline constexpr std::chrono::minutes kConsumerLeaseMax{10};
/// Coupons whose streams are read in one pipeline.
inline constexpr std::size_t kQueueTakesPerRoundMax = 256;
/// Entries of one reading of one stream: its reply stays far below kRedisReplyBytesMax.
inline constexpr std::size_t kQueueEntriesPerTakeMax = 1'000;
/// Claims that are read and not yet written, over all coupons of a process; nothing is read beyond.
/// Coupons that fail hold half of it at most.
inline constexpr std::size_t kQueueClaimsHeldMax = 500'000;
/// For one answer of Redis to the threads that read the streams and look at them.
inline constexpr std::chrono::seconds kQueueReadPatience{2};
/// Bound of the pause between two looks at a stream that has nothing new.
inline constexpr std::chrono::milliseconds kQueueIdlePauseMax{50};
/// The same where another consumer has the lease.
inline constexpr std::chrono::milliseconds kQueueLeasePollMax{250};
/// Bounds of the pause before a coupon's work that failed is tried again: the first, and where
/// doubling ends.
inline constexpr std::chrono::milliseconds kQueueRetryPauseFirst{50};
inline constexpr std::chrono::milliseconds kQueueRetryPauseMax{5'000};
/// A failure that is not repeated within this says nothing about the ledger any more.
inline constexpr std::chrono::seconds kQueueFailureForgotten{60};
/// Times that one batch asks the admission state what its claims are before it waits.
inline constexpr int kQueueReloadsMax = 3;
/// Coupons that are looked at together: for what waits, and for gaps between Redis and the ledger.
inline constexpr std::size_t kQueueSurveyedAtOnce = 256;
inline constexpr std::size_t kReconciledAtOnce = 256;
/// What was seen of a coupon's queue is not known any more after so long.
inline constexpr std::chrono::seconds kQueueSurveyFresh{30};
/// The sweep through the ledger leaves out coupons whose window ended longer ago: if anything of
/// them waits, the registry names them.
inline constexpr std::chrono::days kQueueSweepBehind{30};

static_assert(static_cast<std::size_t>(kConsumerBatchMax) + kClaimsPerCallMax <=
              kQueueClaimsHeldMax / 2);
static_assert(kQueueRetryPauseFirst <= kQueueRetryPauseMax);

}  // namespace coupon::limits
