#include <cstddef>
#include <optional>
#include <string>

#include "queue/consumer.h"

// What a scrape and a probe ask.

namespace coupon::queue {

std::optional<std::string> Consumer::WhyNotReady() const {
    return health_.WhyNotReady(clock_.MonotonicNow());
}

std::optional<QueueNumbers> Consumer::Queue() const {
    const MutexLock lock(mutex_);
    return survey_.Sum(clock_.MonotonicNow());
}

std::optional<ReconcileGap> Consumer::Gap() const {
    const MutexLock lock(mutex_);
    return gaps_.Sum();
}

std::optional<admission::AckLevel> Consumer::Level() const {
    const MutexLock lock(mutex_);
    return level_;
}

ConsumerNumbers Consumer::Numbers() const {
    ConsumerNumbers numbers;
    for (const Writer& writer : writers_) {
        const WorkerStats& stats = writer.worker->Stats();
        stats.batch_sizes.AddTo(numbers.batch_sizes);
        stats.commit_nanoseconds.AddTo(numbers.commit_nanoseconds);
        numbers.written += stats.written.Value();
        numbers.repeats += stats.repeats.Value();
        numbers.failed_batches += stats.failed.Value();
        numbers.readmitted += stats.readmitted.Value();
        for (std::size_t i = 0; i < kDeadLetterReasons; ++i) {
            numbers.dead_letters[i] += stats.dead_letters[i].Value();
        }
    }
    numbers.pending_deleted = reader_stats_.pending_deleted.Value();
    numbers.unreadable = reader_stats_.unreadable.Value();
    numbers.redis.Add(session_->Stats());
    numbers.redis.Add(sweep_session_->Stats());
    for (const Writer& writer : writers_) numbers.redis.Add(writer.session->Stats());
    return numbers;
}

}  // namespace coupon::queue
