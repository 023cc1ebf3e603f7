#include "admission/redis_backend.h"

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
    for (auto* session : {&loading_session_, &operator_session_, &tending_session_}) {
        auto created = redis::RedisSession::Create(options_.redis);
        if (!created) return std::unexpected(std::move(created.error()));
        *session = std::move(*created);
    }
    for (std::size_t i = 0; i < limits::kLedgerCallThreads; ++i) {
        auto lookup = RedisLookup::Create(options_.redis, coupons_, reader_, options_.loader);
        if (!lookup) return std::unexpected(std::move(lookup.error()));
        lookups_.push_back(std::move(*lookup));
    }
    auto durability = CheckDurability(*loading_session_);
    if (!durability) return std::unexpected(std::move(durability.error()));
    durability_ = std::move(*durability);
    loader_.emplace(*loading_session_, coupons_, reader_, options_.loader);
    operator_loader_.emplace(*operator_session_, coupons_, reader_, options_.loader);
    operator_changes_.emplace(*operator_session_, *operator_loader_, coupons_, changes_);
    tending_loader_.emplace(*tending_session_, coupons_, reader_, options_.loader);
    tender_.emplace(*tending_session_, *tending_loader_, coupons_);
    loading_threads_.emplace(1, limits::kLoadsQueuedMax);
    operator_threads_.emplace(
        1, limits::kOperatorQueueEntriesMax, [this](std::size_t) { Reconcile(); },
        limits::kChangesReconciled);
    ledger_threads_.emplace(limits::kLedgerCallThreads, limits::kLedgerCallsQueuedMax);
    // What cannot be done now is tried again; a claim has its coupon loaded in any case.
    tending_threads_.emplace(
        1, 0, [this](std::size_t) { (void)tender_->Tend(clock_.WallNow()); }, kTended);
    return {};
}

void RedisBackend::Stop() {
    for (auto* threads :
         {&loading_threads_, &operator_threads_, &ledger_threads_, &tending_threads_}) {
        if (*threads) (*threads)->Stop();
    }
}

bool RedisBackend::Load(CouponId id, LoadCallback done) {
    const MutexLock lock(mutex_);
    auto& waiting = loading_[id];
    waiting.push_back(std::move(done));
    if (waiting.size() > 1) return true;
    if (loading_threads_->Push([this, id](std::size_t) { LoadNow(id); })) return true;
    loading_.erase(id);
    return false;
}

void RedisBackend::LoadNow(CouponId id) {
    const auto loaded = loader_->Load(id);
    (loaded ? loads_ : load_failures_).fetch_add(1, std::memory_order_relaxed);
    if (loaded) Learn({.coupon = loaded->coupon, .issued = loaded->admitted, .remaining = {}});
    std::vector<LoadCallback> waiting;
    {
        const MutexLock lock(mutex_);
        waiting = std::move(loading_.extract(id).mapped());
    }
    for (const LoadCallback& done : waiting) done(loaded);
}

bool RedisBackend::Redeem(const UserRequest& request, ReplyCallback done) {
    return ledger_threads_->Push([this, request, done = std::move(done)](std::size_t thread) {
        done(RedeemNow(thread, request));
    });
}

UserReply RedisBackend::RedeemNow(std::size_t thread, const UserRequest& request) {
    if (request.received_at != MonotonicTime::max() &&
        std::chrono::steady_clock::now() > request.received_at + options_.wait_max) {
        return ReplyTo(request, Outcome::kOverloaded);
    }
    const auto report = request.kind == RequestKind::kRedeem
                            ? redemptions_.Redeem(request.coupon_id, request.user_id,
                                                  request.order_amount, clock_.WallNow())
                            : redemptions_.Undo(request.coupon_id, request.user_id);
    if (!report) return ReplyTo(request, OutcomeOf(report.error()));
    if (report->verdict == ledger::RedemptionVerdict::kNotHeld) {
        // The ledger said no first: who was admitted by then is known to Redis.
        const auto admitted = lookups_[thread]->FindAdmitted(request.coupon_id, request.user_id);
        if (!admitted) return ReplyTo(request, OutcomeOf(admitted.error()));
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

bool RedisBackend::FindIssued(CouponId id, UserId user, RowCallback done) {
    return ledger_threads_->Push([this, id, user, done = std::move(done)](std::size_t) {
        done(reader_.FindIssuance(id, user));
    });
}

void RedisBackend::Apply(OperatorChange change, const ChangeCallback& done) {
    const bool taken =
        operator_threads_->Push([this, change = std::move(change), done](std::size_t) {
            auto view = operator_changes_->Apply(change);
            if (view) Learn(*view);
            done(std::move(view));
        });
    if (taken) return;
    done(ChangeRefused(ErrorCode::kOverloaded, "too many changes of coupons are waiting"));
}

Result<LoadedCoupon> RedisBackend::Rebuild(CouponId id) {
    auto promise = std::make_shared<std::promise<Result<LoadedCoupon>>>();
    const bool taken = operator_threads_->Push(
        [this, id, promise](std::size_t) { promise->set_value(operator_loader_->Rebuild(id)); });
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
