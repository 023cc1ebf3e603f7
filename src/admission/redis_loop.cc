#include "admission/redis_loop.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <string>
#include <utility>

#include "admission/engine_rules.h"
#include "admission/redis_keys.h"
#include "common/limits_distributed.h"

namespace coupon::admission {
Result<std::unique_ptr<RedisLoop>> RedisLoop::Create(boost::asio::io_context& io, ReplySink& sink,
                                                     const RedisAdmissionOptions& options,
                                                     RedisBackend& backend) {
    std::unique_ptr<RedisLoop> created(new RedisLoop(io, sink, options, backend));
    RedisLoop* loop = created.get();
    auto client = redis::RedisClient::Create(
        io, options.redis, [loop](const redis::RedisState& state) { loop->OnState(state); });
    if (!client) return std::unexpected(std::move(client.error()));
    std::vector<std::string> channels = {std::string(kChangedChannel)};
    if (options.reply_after == ReplyAfter::kLedger) channels.emplace_back(kCommittedChannel);
    auto subscriber = redis::RedisSubscriber::Create(
        io, options.redis, std::move(channels),
        {.on_message = [loop](auto channel, auto payload) { loop->OnMessage(channel, payload); },
         .on_subscribed = [] {},
         .on_lost = [loop](const Error&) { loop->DropRefusals(); }});
    if (!subscriber) return std::unexpected(std::move(subscriber.error()));
    created->client_ = std::move(*client);
    created->subscriber_ = std::move(*subscriber);
    created->client_->Start();
    created->subscriber_->Start();
    return created;
}

RedisLoop::RedisLoop(boost::asio::io_context& io, ReplySink& sink,
                     const RedisAdmissionOptions& options, RedisBackend& backend)
    : io_(io),
      sink_(sink),
      options_(options),
      backend_(backend),
      ledger_replies_(io, backend, options.reply_timeout,
                      [this](const std::vector<UserReply>& replies) { Deliver(replies); }),
      sweep_timer_(io) {}

// What was under way is told to nobody: the sink may be gone.
RedisLoop::~RedisLoop() { alive_.reset(); }

std::optional<UserReply> RedisLoop::Submit(const UserRequest& request) {
    constexpr auto kMost = static_cast<std::int64_t>(limits::kRedisClaimsPerLoopMax);
    if (outstanding_.load(std::memory_order_relaxed) >= kMost) {
        stats_.overloaded.Add();
        return ReplyTo(request, Outcome::kOverloaded);
    }
    return request.kind == RequestKind::kClaim ? SubmitClaim(request) : SubmitRedemption(request);
}

std::optional<UserReply> RedisLoop::SubmitClaim(const UserRequest& request) {
    const MonotonicTime now = std::chrono::steady_clock::now();
    if (!Up() && now - down_since_ > options_.wait_max) {
        return ReplyTo(request, Outcome::kUnavailable);
    }
    const auto unknown = unknown_coupons_.find(request.coupon_id);
    if (unknown != unknown_coupons_.end() && now < unknown->second) {
        return ReplyTo(request, Outcome::kUnknownCoupon);
    }
    Entry& entry = EntryOf(request.coupon_id, now);
    if (const auto refusal = entry.refusal.Find(request.user_id, now)) {
        stats_.cached_refusals.Add();
        return ReplyTo(request, *refusal);
    }
    if (entry.waiting.size() >= limits::kRedisClaimsPerCouponMax) {
        stats_.overloaded.Add();
        return ReplyTo(request, Outcome::kOverloaded);
    }
    const MonotonicTime received = std::min(request.received_at, now);
    entry.waiting.push_back({request, received + options_.wait_max});
    outstanding_.fetch_add(1, std::memory_order_release);
    PostFlush(entry);
    ArmSweep();
    return std::nullopt;
}

std::optional<UserReply> RedisLoop::SubmitRedemption(const UserRequest& request) {
    const bool taken = backend_.Redeem(
        request, [this, alive = std::weak_ptr(alive_), &io = io_](const UserReply& reply) {
            boost::asio::post(io, [this, alive, reply] {
                if (!alive.expired()) OnRedeemed(reply);
            });
        });
    if (!taken) {
        stats_.overloaded.Add();
        return ReplyTo(request, Outcome::kOverloaded);
    }
    outstanding_.fetch_add(1, std::memory_order_release);
    redemptions_[request.tag] = request;
    ArmSweep();
    return std::nullopt;
}

RedisLoop::Entry& RedisLoop::EntryOf(CouponId id, MonotonicTime now) {
    const auto found = entries_.find(id);
    if (found == entries_.end() &&
        entries_.size() >= static_cast<std::size_t>(options_.cache_entries_max)) {
        Forget(now);
    }
    Entry& entry = found == entries_.end() ? entries_[id] : found->second;
    entry.id = id;
    entry.used_at = now;
    return entry;
}

/// The coupon that was not asked for the longest time; those with claims stay, however many.
void RedisLoop::Forget(MonotonicTime now) {
    auto oldest = entries_.end();
    for (auto it = entries_.begin(); it != entries_.end();) {
        if (it->second.Idle() && now - it->second.used_at > options_.cache_ttl) {
            it = entries_.erase(it);
            continue;
        }
        if (it->second.Idle() &&
            (oldest == entries_.end() || it->second.used_at < oldest->second.used_at)) {
            oldest = it;
        }
        ++it;
    }
    if (oldest != entries_.end() &&
        entries_.size() >= static_cast<std::size_t>(options_.cache_entries_max)) {
        entries_.erase(oldest);
    }
}

void RedisLoop::StartLoading(Entry& entry) {
    entry.loading = true;
    const bool taken = backend_.Load(entry.id, [this, id = entry.id, alive = std::weak_ptr(alive_),
                                                &io = io_](const Result<LoadedCoupon>& loaded) {
        boost::asio::post(io, [this, id, alive, loaded] {
            if (!alive.expired()) OnLoaded(id, loaded);
        });
    });
    if (taken) return;
    entry.loading = false;
    stats_.overloaded.Add(entry.waiting.size());
    AnswerWaiting(entry, Outcome::kOverloaded);
}

void RedisLoop::OnLoaded(CouponId id, const Result<LoadedCoupon>& loaded) {
    Entry& entry = entries_.at(id);
    entry.loading = false;
    if (loaded) {
        entry.epoch = loaded->epoch;
    } else if (loaded.error().code == ErrorCode::kNotFound) {
        const MonotonicTime now = std::chrono::steady_clock::now();
        if (unknown_coupons_.size() >= limits::kUnknownCouponsCachedMax) unknown_coupons_.clear();
        unknown_coupons_[id] = now + limits::kUnknownCouponCached;
        AnswerWaiting(entry, Outcome::kUnknownCoupon);
    } else if (loaded.error().code == ErrorCode::kUnavailable) {
        entry.not_before = std::chrono::steady_clock::now() + kRetryPause;
    } else {
        AnswerWaiting(entry, Outcome::kUnavailable);
    }
    Flush(entry);
}

void RedisLoop::AnswerBatch(Entry& entry, Outcome outcome) {
    std::vector<UserReply> replies;
    replies.reserve(entry.batch.size());
    for (const Claim& claim : entry.batch) replies.push_back(ReplyTo(claim.request, outcome));
    entry.batch.clear();
    Deliver(replies);
}

void RedisLoop::AnswerWaiting(Entry& entry, Outcome outcome) {
    std::vector<UserReply> replies;
    replies.reserve(entry.waiting.size());
    for (const Claim& claim : entry.waiting) replies.push_back(ReplyTo(claim.request, outcome));
    entry.waiting.clear();
    Deliver(replies);
}

void RedisLoop::Deliver(const std::vector<UserReply>& replies) {
    if (replies.empty() || alive_ == nullptr) return;
    for (const UserReply& reply : replies) {
        const bool claim = reply.kind == RequestKind::kClaim;
        if (claim && reply.outcome == Outcome::kUnknown) stats_.unknown.Add();
    }
    sink_.Deliver(replies);
    outstanding_.fetch_sub(static_cast<std::int64_t>(replies.size()), std::memory_order_release);
}

}  // namespace coupon::admission
