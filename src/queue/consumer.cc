#include "queue/consumer.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <set>
#include <utility>

#include "admission/redis_keys.h"
#include "common/limits_consumer.h"
#include "common/parse_number.h"
#include "ledger/mysql_coupons.h"
#include "queue/queue_look.h"

namespace coupon::queue {
namespace {

constexpr std::chrono::milliseconds kRedisPatience{2'000};
/// A lease that is not given up expires.
constexpr std::chrono::milliseconds kReleasePatience{500};
constexpr std::chrono::milliseconds kRegistryInterval{200};
constexpr std::chrono::seconds kSurveyInterval{1};
constexpr std::size_t kSurveyedAtOnce = 256;
constexpr std::chrono::seconds kAlarmInterval{10};
constexpr std::chrono::seconds kSweepInterval{10};
constexpr std::chrono::seconds kSweepIntervalWhenDown{1};
/// Coupons that ended earlier are in no sweep. Their claims are those of a queue that stood still
/// for a month; the registry names them all the same.
constexpr std::chrono::days kSweepBehind{30};

/// No two starts have the same: a lease of the one before is another's.
std::string NewToken(std::string_view name) {
    std::random_device chance;
    return fmt::format("{}:{:08x}{:08x}", name, chance(), chance());
}

}  // namespace

Result<std::unique_ptr<Consumer>> Consumer::Start(const ConsumerOptions& options,
                                                  ledger::MysqlPool& pool, const Clock& clock,
                                                  const Logger& log) {
    std::unique_ptr<Consumer> consumer(new Consumer(options, pool, clock, log));
    if (auto made = consumer->MakeSessions(); !made) return std::unexpected(made.error());
    consumer->StartThreads();
    return consumer;
}

Consumer::Consumer(const ConsumerOptions& options, ledger::MysqlPool& pool, const Clock& clock,
                   const Logger& log)
    : options_(options),
      reader_{.name = options.name, .token = NewToken(options.name), .lease = options.lease},
      pool_(pool),
      clock_(clock),
      log_(log),
      planner_(
          {.batch_max = options.batch_max, .writers = options.threads, .lease = options.lease}),
      redis_alarm_(kAlarmInterval) {}

Consumer::~Consumer() { Stop(); }

Result<void> Consumer::MakeSessions() {
    auto session = redis::RedisSession::Create(options_.redis);
    if (!session) return std::unexpected(std::move(session.error()));
    session_ = *std::move(session);
    for (std::size_t i = 0; i < options_.threads; ++i) {
        auto own = redis::RedisSession::Create(options_.redis);
        if (!own) return std::unexpected(std::move(own.error()));
        Writer writer{.session = *std::move(own), .worker = nullptr, .thread = {}};
        writer.worker = std::make_unique<CouponWorker>(
            *writer.session, pool_, clock_, log_, [this](const std::optional<Error>& error) {
                health_.OnBatch(error, clock_.MonotonicNow());
            });
        writers_.push_back(std::move(writer));
    }
    return {};
}

void Consumer::StartThreads() {
    for (Writer& writer : writers_) {
        writer.thread =
            std::thread([this, worker = writer.worker.get()] { WriteUntilStopped(*worker); });
    }
    reading_ = std::thread([this] { ReadUntilStopped(); });
    sweeping_ = std::thread([this] { SweepUntilStopped(); });
}

void Consumer::Stop() {
    {
        const MutexLock lock(mutex_);
        stopping_ = true;
    }
    work_.NotifyAll();
    wake_.NotifyAll();
    stop_.NotifyAll();
    for (Writer& writer : writers_) {
        if (writer.thread.joinable()) writer.thread.join();
    }
    if (sweeping_.joinable()) sweeping_.join();
    if (!reading_.joinable()) return;
    reading_.join();
    std::vector<CouponId> leased;
    {
        const MutexLock lock(mutex_);
        leased = planner_.Leased();
    }
    ReleaseAll(*session_, reader_, leased, kReleasePatience);
}

// --- Reading

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
    if (auto up = session_->WaitUntilUp(kRedisPatience); !up) failed = up.error();
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
    reader_stats_.rounds.Add();
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
    auto results = TakeAll(*session_, reader_, run, requests, kRedisPatience);
    std::optional<Error> failed;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        if (results[i]) {
            Alarm(requests[i].coupon, *results[i]);
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

std::optional<Error> Consumer::ReadRegistry() {
    const auto reply = session_->Call(
        redis::RedisCommand({"SMEMBERS", admission::kActiveCouponsKey}), kRedisPatience);
    if (!reply) return reply.error();
    std::set<CouponId> coupons;
    for (std::size_t i = 0; i < reply->Size(); ++i) {
        const auto id = ParseWhole<std::int64_t>((*reply)[i].Text());
        if (id && *id > 0) coupons.insert(CouponId{*id});
    }
    const MutexLock lock(mutex_);
    planner_.SetRegistered(std::move(coupons));
    SetSurveyedCoupons();
    return std::nullopt;
}

void Consumer::SetSurveyedCoupons() {
    if (const auto coupons = planner_.Coupons()) survey_.SetCoupons(*coupons);
}

std::optional<Error> Consumer::LookAtQueues() {
    std::vector<CouponId> coupons;
    {
        const MutexLock lock(mutex_);
        coupons = survey_.Next(kSurveyedAtOnce);
    }
    auto seen = LookAt(*session_, coupons, kRedisPatience);
    if (!seen) return seen.error();
    const MonotonicTime now = clock_.MonotonicNow();
    const MutexLock lock(mutex_);
    for (const QueueLook& look : *seen) {
        survey_.Record(look.coupon, look.claims, look.oldest, now);
    }
    return std::nullopt;
}

// --- Writing

void Consumer::WriteUntilStopped(CouponWorker& worker) {
    std::minstd_rand random{std::random_device{}()};
    std::uniform_real_distribution<double> chance(0, 1);
    while (true) {
        std::optional<Work> work;
        {
            const MutexLock lock(mutex_);
            while (!stopping_ && !(work = planner_.NextWork(clock_.MonotonicNow()))) {
                work_.WaitUntil(mutex_, clock_.MonotonicNow() + limits::kQueueIdlePauseMax);
            }
            if (stopping_) return;
        }
        const CouponId coupon = work->coupon;
        WorkResult result = worker.Do(*std::move(work));
        {
            const MutexLock lock(mutex_);
            planner_.OnDone(coupon, std::move(result), clock_.MonotonicNow(), chance(random));
        }
        wake_.NotifyAll();
    }
}

// --- Sweeping

void Consumer::SweepUntilStopped() {
    ledger::MysqlCoupons coupons(pool_);
    while (true) {
        const auto found = coupons.Draining(clock_.WallNow() - kSweepBehind);
        health_.OnSweep(found ? std::nullopt : std::optional(found.error()));
        const MonotonicTime next =
            clock_.MonotonicNow() + (found ? kSweepInterval : kSweepIntervalWhenDown);
        const MutexLock lock(mutex_);
        if (found) {
            planner_.SetSwept({found->begin(), found->end()});
            SetSurveyedCoupons();
        }
        while (!stopping_ && stop_.WaitUntil(mutex_, next)) continue;
        if (stopping_) return;
    }
}

}  // namespace coupon::queue
