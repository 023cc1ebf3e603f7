#include <set>
#include <utility>

#include "admission/redis_keys.h"
#include "common/limits_consumer.h"
#include "common/parse_number.h"
#include "queue/consumer.h"
#include "queue/queue_look.h"
#include "redis/redis_error.h"

// What the reading thread does.

namespace coupon::queue {
namespace {

constexpr std::chrono::milliseconds kRegistryInterval{200};
constexpr std::chrono::seconds kSurveyInterval{1};

/// A key is not what it should be: Redis itself is well.
bool IsOfOneKey(const Error& error) {
    return error.code == ErrorCode::kDamaged || redis::IsRedisError(error, "WRONGTYPE");
}

}  // namespace

void Consumer::ReadUntilStopped() {
    while (true) {
        ReadRound();
        const MonotonicTime now = clock_.MonotonicNow();
        const MutexLock lock(mutex_);
        if (stopping_) return;
        const MonotonicTime due = planner_.NextDue(now + limits::kQueueIdlePauseMax);
        if (due > now) wake_.WaitUntil(mutex_, due);
    }
}

void Consumer::ReadRound() {
    std::optional<Error> failed;
    if (auto up = session_->WaitUntilUp(limits::kQueueReadPatience); !up) failed = up.error();
    const MonotonicTime now = clock_.MonotonicNow();
    if (!failed && now >= registry_due_) {
        registry_due_ = now + kRegistryInterval;
        failed = ReadRegistry();
    }
    if (!failed && now >= survey_due_) {
        survey_due_ = now + kSurveyInterval;
        failed = LookAtQueues();
    }
    const std::string run = session_->RunId();
    if (!failed && !run.empty()) failed = TakeDue(run);
    health_.OnRedis(failed);
    if (!failed) return;
    if (const auto skipped = redis_alarm_.Allow(clock_.MonotonicNow())) {
        log_.Error("the queue cannot be read",
                   {{"error", Describe(*failed)}, {"skipped", *skipped}});
    }
}

std::optional<Error> Consumer::TakeDue(std::string_view run) {
    std::vector<TakeRequest> requests;
    {
        const MutexLock lock(mutex_);
        requests = planner_.PlanTakes(clock_.MonotonicNow(), run);
    }
    if (requests.empty()) return std::nullopt;
    auto results = TakeAll(*session_, reader_, run, requests, limits::kQueueReadPatience);
    std::optional<Error> failed;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (results[i]) {
            Alarm(requests[i].coupon, *results[i]);
        } else if (IsOfOneKey(results[i].error())) {
            AlarmDamage(requests[i].coupon, results[i].error());
        } else {
            failed = results[i].error();
        }
    }
    const MonotonicTime now = clock_.MonotonicNow();
    {
        const MutexLock lock(mutex_);
        for (std::size_t i = 0; i < requests.size(); ++i) {
            if (results[i]) {
                planner_.OnTaken(requests[i], run, *std::move(results[i]), now);
            } else {
                planner_.OnTakeFailed(requests[i], now);
            }
        }
    }
    work_.NotifyAll();
    return failed;
}

void Consumer::Alarm(CouponId coupon, const Taken& taken) {
    if (!taken.deleted.empty()) {
        reader_stats_.pending_deleted.Add(taken.deleted.size());
        log_.Error("entries were deleted from the stream before they were written",
                   {{"coupon", coupon.value},
                    {"entries", taken.deleted.size()},
                    {"first", taken.deleted.front()}});
    }
    if (!taken.unreadable.empty()) {
        reader_stats_.unreadable.Add(taken.unreadable.size());
        log_.Error("entries of the stream cannot be read and stay there",
                   {{"coupon", coupon.value},
                    {"entries", taken.unreadable.size()},
                    {"first", taken.unreadable.front().first},
                    {"why", taken.unreadable.front().second}});
    }
}

void Consumer::AlarmDamage(CouponId coupon, const Error& error) {
    if (const auto skipped = damage_alarm_.Allow(clock_.MonotonicNow())) {
        log_.Error("a coupon's keys in Redis cannot be read; the others go on",
                   {{"coupon", coupon.value}, {"error", Describe(error)}, {"skipped", *skipped}});
    }
}

std::optional<Error> Consumer::ReadRegistry() {
    const auto reply =
        session_->Call(redis::RedisCommand({"SMEMBERS", admission::kActiveCouponsKey}),
                       limits::kQueueReadPatience);
    if (!reply && !IsOfOneKey(reply.error())) return reply.error();
    std::set<CouponId> coupons;  // none where it is no set: it is a hint, the sweep finds them
    for (std::size_t i = 0; reply && i < reply->Size(); ++i) {
        const auto id = ParseWhole<std::int64_t>((*reply)[i].Text());
        if (id && *id > 0) coupons.insert(CouponId{*id});
    }
    const MutexLock lock(mutex_);
    planner_.SetRegistered(std::move(coupons));
    SetSurveyedCoupons();
    return std::nullopt;
}

std::optional<Error> Consumer::LookAtQueues() {
    std::vector<CouponId> coupons;
    {
        const MutexLock lock(mutex_);
        coupons = survey_.Next();
    }
    auto seen = LookAt(*session_, coupons, limits::kQueueReadPatience);
    if (!seen) return seen.error();
    const MonotonicTime now = clock_.MonotonicNow();
    const MutexLock lock(mutex_);
    for (const QueueLook& look : *seen) survey_.Record(look, now);
    return std::nullopt;
}

}  // namespace coupon::queue
