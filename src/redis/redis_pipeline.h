#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "common/clock.h"
#include "common/error.h"
#include "common/limits_distributed.h"
#include "redis/redis_command.h"
#include "redis/redis_reply.h"
#include "redis/redis_stats.h"

namespace coupon::redis {

/// What became of a command. An error says by `applied` whether it can have had an effect.
using RedisCallback = std::move_only_function<void(Result<RedisReply>)>;

/// The commands of one connection: which wait, which are in flight, whose reply is next. No I/O and
/// no clock. Every callback is called exactly once, those of replies in the order of the commands.
/// A callback may add commands and fail them all; it must not destroy the pipeline. Confined to one
/// thread.
class RedisPipeline {
public:
    /// `overdue`: how long a reply may be missing after its deadline. `stats` must outlive it.
    RedisPipeline(std::chrono::nanoseconds overdue, RedisStats& stats)
        : overdue_(overdue), stats_(stats) {}

    /// Why a command is not taken: kOverloaded beyond limits::kRedisQueuedMax or
    /// kRedisQueuedBytesMax, kInvalidArgument when it is too large by itself.
    std::optional<Error> Refuses(const RedisCommand& command) const;
    /// Only what Refuses does not.
    void Add(RedisCommand&& command, MonotonicTime deadline, RedisCallback&& callback);

    /// Moves what may be written now into `batch` (empty before), at most
    /// limits::kRedisCommandsPerWriteMax and as long as limits::kRedisInFlightMax are not in
    /// flight. From here on they may have been applied.
    void TakeBatch(MonotonicTime now, std::vector<RedisCommand>& batch);
    /// The reply to the oldest in flight; dropped when that has timed out. False: nobody waits for
    /// one.
    bool OnReply(RedisReply&& reply, MonotonicTime now);
    /// Fails what has passed its deadline: applied kNo where it still waited, else kUnknown. False:
    /// the oldest in flight is overdue, the peer has to be taken for gone.
    bool Expire(MonotonicTime now);
    /// When Expire has something to do at the earliest.
    MonotonicTime NextExpiry() const { return next_expiry_; }
    /// Fails everything, for `reason`: applied kNo where it waited, kUnknown where it was in
    /// flight.
    void FailAll(const Error& reason);

    /// Keeps a callback that is owed an error until CallFailed or FailAll.
    void Fail(RedisCallback&& callback, RedisFailure failure, Error&& error);
    /// Calls what Fail keeps.
    void CallFailed();

private:
    struct Waiting {
        RedisCommand command;
        RedisCallback callback;
        MonotonicTime deadline;
    };
    struct InFlight {
        RedisCallback callback;  ///< null: timed out, its reply is to be dropped
        MonotonicTime deadline;
        MonotonicTime written_at;
    };
    struct Failed {
        RedisCallback callback;
        Error error;
    };

    void ExpireWaiting(MonotonicTime now);
    void ExpireInFlight(MonotonicTime now);
    void CountInFlight();

    const std::chrono::nanoseconds overdue_;
    RedisStats& stats_;
    std::deque<Waiting> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::deque<InFlight> in_flight_;
    std::deque<Failed> failed_;
    /// Never later than the first deadline; earlier when that command was answered.
    MonotonicTime next_expiry_ = MonotonicTime::max();
};

}  // namespace coupon::redis
