#include "admission/redis_backend.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <utility>

#include "admission/engine_rules.h"
#include "common/limits.h"
#include "common/limits_distributed.h"

namespace coupon::admission {
namespace {

/// How often coupons that open soon and those that are over are looked for: some times in the
/// minute before an opening.
constexpr std::chrono::seconds kTended{15};

Error Stopping(std::string operation) {
    return {.code = ErrorCode::kUnavailable,
            .operation = std::move(operation),
            .applied = Applied::kNo,
            .retry_is_safe = true,
            .detail = "not begun in time, or the service is stopping"};
}

Outcome OutcomeOf(ledger::RedemptionVerdict verdict) {
    switch (verdict) {
        case ledger::RedemptionVerdict::kRedeemed: return Outcome::kRedeemed;
        case ledger::RedemptionVerdict::kAlreadyRedeemed: return Outcome::kAlreadyRedeemed;
        case ledger::RedemptionVerdict::kUndone: return Outcome::kRedemptionUndone;
        case ledger::RedemptionVerdict::kNotRedeemed: return Outcome::kNotRedeemed;
        case ledger::RedemptionVerdict::kNotHeld: return Outcome::kNotHeld;
        case ledger::RedemptionVerdict::kBelowMinimumPrice: return Outcome::kBelowMinimumPrice;
        case ledger::RedemptionVerdict::kExpired: return Outcome::kExpired;
        case ledger::RedemptionVerdict::kUnknownCoupon: return Outcome::kUnknownCoupon;
    }
    return Outcome::kUnknown;
}

Outcome OutcomeOf(const Error& error) {
    if (error.code == ErrorCode::kNotFound) return Outcome::kUnknownCoupon;
    if (error.applied == Applied::kUnknown) return Outcome::kUnknown;
    return error.code == ErrorCode::kStorageFull ? Outcome::kStorageFull : Outcome::kUnavailable;
}

}  // namespace

Result<std::unique_ptr<RedisBackend>> RedisBackend::Open(const RedisAdmissionOptions& options,
                                                         ledger::MysqlPool& pool,
                                                         const Clock& clock) {
    std::unique_ptr<RedisBackend> backend(new RedisBackend(options, pool, clock));
    if (auto connected = backend->Connect(); !connected) return std::unexpected(connected.error());
    return backend;
}

RedisBackend::RedisBackend(const RedisAdmissionOptions& options, ledger::MysqlPool& pool,
                           const Clock& clock)
    : options_(options),
      clock_(clock),
      coupons_(pool),
      changes_(pool),
      reader_(pool),
      redemptions_(pool) {}

RedisBackend::~RedisBackend() { Stop(); }

Result<void> RedisBackend::Connect() {
    // One a loading thread; then those of the operator, the tending and the filtering thread.
    for (std::size_t i = 0; i < limits::kLoadThreads + 3; ++i) {
        auto created = redis::RedisSession::Create(options_.redis);
        if (!created) return std::unexpected(std::move(created.error()));
        sessions_.push_back(std::move(*created));
    }
    for (std::size_t i = 0; i < limits::kLedgerCallThreads; ++i) {
        auto lookup = RedisLookup::Create(options_.redis, coupons_, reader_, [this](CouponId id) {
            return LoadWithin(id, limits::kRedisReadPatience);
        });
        if (!lookup) return std::unexpected(std::move(lookup.error()));
        lookups_.push_back(std::move(*lookup));
    }
    auto durability = CheckDurability(*sessions_.front());
    if (!durability) return std::unexpected(std::move(durability.error()));
    durability_ = std::move(*durability);
    for (std::size_t i = 0; i < limits::kLoadThreads; ++i) {
        loaders_.push_back(
            std::make_unique<RedisLoader>(*sessions_[i], coupons_, reader_, options_.loader));
    }
    redis::RedisSession& operating = *sessions_[limits::kLoadThreads];
    operator_loader_.emplace(operating, coupons_, reader_, options_.loader);
    operator_changes_.emplace(operating, *operator_loader_, coupons_, changes_);
    redis::RedisSession& tending = *sessions_[limits::kLoadThreads + 1];
    tending_loader_.emplace(tending, coupons_, reader_, options_.loader);
    tender_.emplace(tending, *tending_loader_, coupons_);
    winners_.emplace(*sessions_[limits::kLoadThreads + 2]);
    StartThreads();
    return {};
}

void RedisBackend::StartThreads() {
    loading_threads_.emplace(limits::kLoadThreads, limits::kLoadsQueuedMax);
    operator_threads_.emplace(
        1, limits::kOperatorQueueEntriesMax, [this](std::size_t) { Reconcile(); },
        limits::kChangesReconciled);
    redeeming_threads_.emplace(limits::kLedgerCallThreads, limits::kLedgerCallsQueuedMax);
    look_up_threads_.emplace(1, limits::kLedgerCallsQueuedMax);
    filtering_threads_.emplace(1, limits::kLoadsQueuedMax);
    // What cannot be done now is tried again; a claim has its coupon loaded in any case.
    tending_threads_.emplace(
        1, 0, [this](std::size_t) { (void)tender_->Tend(clock_.WallNow()); }, kTended);
}

void RedisBackend::Stop() {
    const std::array pools = {&loading_threads_, &operator_threads_,  &redeeming_threads_,
                              &look_up_threads_, &filtering_threads_, &tending_threads_};
    for (auto* threads : pools) {
        if (*threads) (*threads)->Close();
    }
    for (const auto& session : sessions_) session->Interrupt();
    for (const auto& lookup : lookups_) lookup->Interrupt();
    for (auto* threads : pools) {
        if (*threads) (*threads)->Stop();
    }
}

void RedisBackend::RefuseOverdue(MonotonicTime now) {
    loading_threads_->RefuseOverdue(now);
    redeeming_threads_->RefuseOverdue(now);
}

bool RedisBackend::Load(CouponId id, LoadCallback done) {
    const MutexLock lock(mutex_);
    auto& waiting = loading_[id];
    waiting.push_back(std::move(done));
    if (waiting.size() > 1) return true;
    const bool taken = loading_threads_->Push(
        {.run = [this, id](std::size_t thread) { LoadNow(thread, id); },
         .refuse = [this, id] { FinishLoad(id, std::unexpected(Stopping("load a coupon"))); },
         .deadline = std::chrono::steady_clock::now() + options_.wait_max});
    if (!taken) loading_.erase(id);
    return taken;
}

void RedisBackend::LoadNow(std::size_t thread, CouponId id) {
    const auto loaded = loaders_[thread]->Load(id);
    if (loaded) Learn({.coupon = loaded->coupon, .issued = loaded->admitted, .remaining = {}});
    FinishLoad(id, loaded);
}

void RedisBackend::FinishLoad(CouponId id, const Result<LoadedCoupon>& loaded) {
    (loaded ? loads_ : load_failures_).fetch_add(1, std::memory_order_relaxed);
    std::vector<LoadCallback> waiting;
    {
        const MutexLock lock(mutex_);
        waiting = std::move(loading_.extract(id).mapped());
    }
    for (const LoadCallback& done : waiting) done(loaded);
}

Result<LoadedCoupon> RedisBackend::LoadWithin(CouponId id, std::chrono::milliseconds patience) {
    auto promise = std::make_shared<std::promise<Result<LoadedCoupon>>>();
    auto loaded = promise->get_future();
    const bool taken =
        Load(id, [promise](const Result<LoadedCoupon>& result) { promise->set_value(result); });
    if (taken && loaded.wait_for(patience) == std::future_status::ready) return loaded.get();
    Error late = Stopping("load a coupon");
    late.detail = taken ? "the coupon is being loaded" : "too many coupons wait to be loaded";
    return std::unexpected(std::move(late));
}

bool RedisBackend::Redeem(const UserRequest& request, const ReplyCallback& done) {
    const MonotonicTime received = std::min(request.received_at, std::chrono::steady_clock::now());
    return redeeming_threads_->Push(
        {.run = [this, request, done](std::size_t thread) { done(RedeemNow(thread, request)); },
         .refuse =
             [this, request, done] {
                 shed_.fetch_add(1, std::memory_order_relaxed);
                 done(ReplyTo(request, Outcome::kOverloaded));
             },
         .deadline = received + options_.wait_max});
}

UserReply RedisBackend::RedeemNow(std::size_t thread, const UserRequest& request) {
    const auto report = request.kind == RequestKind::kRedeem
                            ? redemptions_.Redeem(request.coupon_id, request.user_id,
                                                  request.order_amount, clock_.WallNow())
                            : redemptions_.Undo(request.coupon_id, request.user_id);
    if (!report) return ReplyTo(request, OutcomeOf(report.error()));
    if (report->verdict == ledger::RedemptionVerdict::kNotHeld) {
        // The ledger said no first: who was admitted by then is known to Redis.
        const auto admitted = lookups_[thread]->FindAdmitted(request.coupon_id, request.user_id);
        if (!admitted) {  // nothing was written, whatever became of the question
            const bool unknown = admitted.error().code == ErrorCode::kNotFound;
            return ReplyTo(request, unknown ? Outcome::kUnknownCoupon : Outcome::kUnavailable);
        }
        if (!*admitted) return ReplyTo(request, Outcome::kNotHeld);
        return ReplyTo(request, Outcome::kNotIssuedYet, (*admitted)->sequence,
                       (*admitted)->issued_at);
    }
    if (!report->row) return ReplyTo(request, OutcomeOf(report->verdict));
    const ledger::IssuanceRow& row = *report->row;
    UserReply reply =
        ReplyTo(request, OutcomeOf(report->verdict), row.issuance.sequence, row.issuance.issued_at);
    if (row.redemption) reply.redeemed_at = row.redemption->redeemed_at;
    return reply;
}

bool RedisBackend::FindIssued(CouponId id, UserId user, std::weak_ptr<const bool> waits,
                              RowCallback done) {
    return look_up_threads_->Push(
        {.run = [this, id, user, waits = std::move(waits), done = std::move(done)](std::size_t) {
            if (!waits.expired()) done(reader_.FindIssuance(id, user));
        }});
}

bool RedisBackend::FindWinners(CouponId id, const WinnersVersion& version, FilterCallback done) {
    return filtering_threads_->Push(
        {.run = [this, id, version, done = std::move(done)](std::size_t) {
            done(winners_->Find(id, version).value_or(nullptr));
        }});
}

void RedisBackend::Apply(OperatorChange change, const ChangeCallback& done) {
    const bool taken = operator_threads_->Push(
        {.run =
             [this, change = std::move(change), done](std::size_t) {
                 auto view = operator_changes_->Apply(change);
                 if (view) Learn(*view);
                 done(std::move(view));
             },
         .refuse = [done] { done(std::unexpected(Stopping("change coupon"))); }});
    if (taken) return;
    done(ChangeRefused(ErrorCode::kOverloaded, "too many changes of coupons are waiting"));
}

Result<LoadedCoupon> RedisBackend::Rebuild(CouponId id) {
    auto promise = std::make_shared<std::promise<Result<LoadedCoupon>>>();
    const bool taken = operator_threads_->Push(
        {.run = [this, id,
                 promise](std::size_t) { promise->set_value(operator_loader_->Rebuild(id)); },
         .refuse = [promise] { promise->set_value(std::unexpected(Stopping("rebuild"))); }});
    if (taken) return promise->get_future().get();
    return ChangeRefused(ErrorCode::kOverloaded, "too many changes of coupons are waiting");
}

// What cannot be finished now is tried again; an operator hears of it with his own change.
void RedisBackend::Reconcile() { (void)operator_changes_->Reconcile(); }

void RedisBackend::Learn(const CouponView& view) {
    const MutexLock lock(mutex_);
    // Only what a page shows before the opening: a few, and any of them may be forgotten.
    if (known_.size() >= static_cast<std::size_t>(options_.cache_entries_max)) {
        known_.erase(known_.begin());
    }
    known_[view.coupon.id] = view;
}

std::optional<CouponView> RedisBackend::Known(CouponId id) const {
    const MutexLock lock(mutex_);
    const auto found = known_.find(id);
    return found == known_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace coupon::admission
