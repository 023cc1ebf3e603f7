#include "queue/consumer_health.h"

#include "common/limits.h"

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
        failing_since_.reset();
        return;
    }
    batch_ = "nothing can be written: " + error->detail;
    if (!failing_since_) failing_since_ = now;
}

std::optional<std::string> ConsumerHealth::WhyNotReady(MonotonicTime now) const {
    const MutexLock lock(mutex_);
    if (!redis_.empty()) return redis_;
    if (!sweep_.empty()) return sweep_;
    if (failing_since_ && now - *failing_since_ > limits::kWriteStall) return batch_;
    return std::nullopt;
}

}  // namespace coupon::queue
