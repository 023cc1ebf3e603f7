#include "redis/redis_pipeline.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "common/check.h"
#include "common/limits_distributed.h"
#include "redis/redis_error.h"

namespace coupon::redis {
namespace {

Error Failure(ErrorCode code, Applied applied, std::string_view detail) {
    return Error{.code = code,
                 .operation = "redis command",
                 .applied = applied,
                 .retry_is_safe = applied == Applied::kNo,
                 .detail = std::string(detail)};
}

Error TimedOut(Applied applied) {
    return Failure(
        ErrorCode::kUnavailable, applied,
        applied == Applied::kNo ? "not written by its deadline" : "no reply by its deadline");
}

}  // namespace

std::optional<Error> RedisPipeline::Refuses(const RedisCommand& command) const {
    if (command.TooLarge()) {
        Error error = Failure(ErrorCode::kInvalidArgument, Applied::kNo, "a command is too large");
        error.retry_is_safe = false;
        error.field = "command";
        return error;
    }
    if (waiting_.size() >= limits::kRedisQueuedMax ||
        waiting_bytes_ + command.Bytes().size() > limits::kRedisQueuedBytesMax) {
        return Failure(ErrorCode::kOverloaded, Applied::kNo, "too many commands wait for Redis");
    }
    return std::nullopt;
}

void RedisPipeline::Add(RedisCommand&& command, MonotonicTime deadline, RedisCallback&& callback) {
    DCHECK(!Refuses(command));
    waiting_bytes_ += command.Bytes().size();
    waiting_.push_back({std::move(command), std::move(callback), deadline});
    next_expiry_ = std::min(next_expiry_, deadline);
}

void RedisPipeline::TakeBatch(MonotonicTime now, std::vector<RedisCommand>& batch) {
    DCHECK(batch.empty());
    while (!waiting_.empty() && batch.size() < limits::kRedisCommandsPerWriteMax &&
           in_flight_.size() < limits::kRedisInFlightMax) {
        Waiting& next = waiting_.front();
        waiting_bytes_ -= next.command.Bytes().size();
        batch.push_back(std::move(next.command));
        in_flight_.push_back({std::move(next.callback), next.deadline, now});
        waiting_.pop_front();
    }
    CountInFlight();
}

bool RedisPipeline::OnReply(RedisReply&& reply, MonotonicTime now) {
    if (in_flight_.empty()) return false;
    InFlight asked = std::move(in_flight_.front());
    in_flight_.pop_front();
    CountInFlight();
    stats_.round_trip.Record((now - asked.written_at).count());
    if (asked.callback == nullptr) {
        stats_.late_replies.Add();
        return true;
    }
    if (!reply.IsError()) {
        asked.callback(std::move(reply));
        return true;
    }
    Error error = ErrorOfReply(reply.Text());
    const bool refused = error.applied == Applied::kNo;
    stats_.Of(refused ? RedisFailure::kRefused : RedisFailure::kErrorReply).Add();
    asked.callback(std::unexpected(std::move(error)));
    return true;
}

// The callbacks run last: they may add to what is walked here.
bool RedisPipeline::Expire(MonotonicTime now) {
    next_expiry_ = MonotonicTime::max();
    ExpireWaiting(now);
    ExpireInFlight(now);
    const bool overdue = !in_flight_.empty() && in_flight_.front().deadline + overdue_ <= now;
    CallFailed();
    return !overdue;
}

void RedisPipeline::ExpireWaiting(MonotonicTime now) {
    for (Waiting& waiting : waiting_) {
        if (waiting.deadline > now) {
            next_expiry_ = std::min(next_expiry_, waiting.deadline);
            continue;
        }
        waiting_bytes_ -= waiting.command.Bytes().size();
        Fail(std::move(waiting.callback), RedisFailure::kTimedOut, TimedOut(Applied::kNo));
        waiting.callback = nullptr;
    }
    std::erase_if(waiting_, [](const Waiting& waiting) { return waiting.callback == nullptr; });
}

void RedisPipeline::ExpireInFlight(MonotonicTime now) {
    for (InFlight& asked : in_flight_) {
        if (asked.callback != nullptr && asked.deadline <= now) {
            Fail(std::move(asked.callback), RedisFailure::kTimedOut, TimedOut(Applied::kUnknown));
            asked.callback = nullptr;
        }
        next_expiry_ = std::min(
            next_expiry_, asked.callback != nullptr ? asked.deadline : asked.deadline + overdue_);
    }
}

void RedisPipeline::FailAll(const Error& reason) {
    Error error = reason;
    error.applied = Applied::kUnknown;
    error.retry_is_safe = false;
    for (InFlight& asked : std::exchange(in_flight_, {})) {
        if (asked.callback == nullptr) continue;
        Fail(std::move(asked.callback), RedisFailure::kConnectionLost, Error(error));
    }
    error.applied = Applied::kNo;
    error.retry_is_safe = true;
    for (Waiting& waiting : std::exchange(waiting_, {})) {
        Fail(std::move(waiting.callback), RedisFailure::kConnectionLost, Error(error));
    }
    waiting_bytes_ = 0;
    next_expiry_ = MonotonicTime::max();
    CountInFlight();
    CallFailed();
}

void RedisPipeline::Fail(RedisCallback&& callback, RedisFailure failure, Error&& error) {
    stats_.Of(failure).Add();
    failed_.push_back({std::move(callback), std::move(error)});
}

// One at a time off the front, so that a callback that fails everything leaves nothing to the loop
// that called it.
void RedisPipeline::CallFailed() {
    while (!failed_.empty()) {
        Failed failed = std::move(failed_.front());
        failed_.pop_front();
        failed.callback(std::unexpected(std::move(failed.error)));
    }
}

void RedisPipeline::CountInFlight() {
    stats_.in_flight.Set(static_cast<std::int64_t>(in_flight_.size()));
}

}  // namespace coupon::redis
