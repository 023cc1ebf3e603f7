#include "queue/consumer.h"
#include "common/limits_consumer.h"

#include <fmt/format.h>

#include <random>
#include <utility>

namespace coupon::queue {
namespace {

/// A lease that is not given up expires.
constexpr std::chrono::milliseconds kReleasePatience{500};
constexpr std::chrono::seconds kAlarmInterval{10};

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
      redis_alarm_(kAlarmInterval),
      damage_alarm_(kAlarmInterval) {}

Consumer::~Consumer() { Stop(); }

Result<void> Consumer::MakeSessions() {
    auto session = redis::RedisSession::Create(options_.redis);
    if (!session) return std::unexpected(std::move(session.error()));
    session_ = *std::move(session);
    auto sweep_session = redis::RedisSession::Create(options_.redis);
    if (!sweep_session) return std::unexpected(std::move(sweep_session.error()));
    sweep_session_ = *std::move(sweep_session);
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

void Consumer::SetSurveyedCoupons() {
    if (const auto coupons = planner_.Coupons()) survey_.SetCoupons(*coupons);
}

}  // namespace coupon::queue
