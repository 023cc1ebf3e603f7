#include "queue/consumer_health.h"

#include "common/limits.h"
#include "common/limits_consumer.h"

namespace coupon::queue {

void ConsumerHealth::OnRedis(const std::optional<Error>& error) {
    const MutexLock lock(mutex_);
    redis_ = error ? "Redis: " + error->detail : "";
}

void ConsumerHealth::OnSweep(const std::optional<Error>& error) {
    const MutexLock lock(mutex_);
    sweep_ = error ? "the ledger: " + error->detail : "";
}

void ConsumerHealth::OnBatch(const std::optional<Error>& error, MonotonicTime now) {
    const MutexLock lock(mutex_);
    if (!error) {
        failures_.reset();
        return;
    }
    batch_ = "nothing can be written: " + error->detail;
    if (!failures_ || now - failures_->last > limits::kQueueFailureForgotten)
        failures_ = {now, now};
    failures_->last = now;
}

std::optional<std::string> ConsumerHealth::WhyNotReady(MonotonicTime now) const {
    const MutexLock lock(mutex_);
    if (!redis_.empty()) return redis_;
    if (!sweep_.empty()) return sweep_;
    if (!failures_ || now - failures_->last > limits::kQueueFailureForgotten) return std::nullopt;
    if (now - failures_->first > limits::kWriteStall) return batch_;
    return std::nullopt;
}

}  // namespace coupon::queue
