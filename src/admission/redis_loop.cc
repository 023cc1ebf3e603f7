#include "admission/redis_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <iterator>
#include <unordered_set>
#include <utility>

#include "admission/engine_rules.h"
#include "admission/redis_keys.h"
#include "admission/redis_scripts.h"
#include "common/limits_distributed.h"
#include "redis/redis_error.h"

namespace coupon::admission {
namespace {

/// After an answer that will pass (LOADING, READONLY, BUSY): so long nothing is sent.
constexpr std::chrono::milliseconds kRetryPause{20};

}  // namespace

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
    : io_(io), sink_(sink), options_(options), backend_(backend), sweep_timer_(io) {}

// What was under way is told to nobody: the sink may be gone.
RedisLoop::~RedisLoop() { alive_.reset(); }

std::optional<UserReply> RedisLoop::Submit(const UserRequest& request) {
    if (Outstanding() >= static_cast<std::int64_t>(limits::kRedisClaimsPerLoopMax)) {
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
    if (now < entry.refusal_until) {
        stats_.cached_refusals.Add();
        return ReplyTo(request, entry.refusal);
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
    outstanding_.fetch_add(1, std::memory_order_release);
    const bool taken = backend_.Redeem(
        request, [this, alive = std::weak_ptr(alive_), &io = io_](const UserReply& reply) {
            boost::asio::post(io, [this, alive, reply] {
                if (!alive.expired()) Deliver({reply});
            });
        });
    if (taken) return std::nullopt;
    outstanding_.fetch_sub(1, std::memory_order_release);
    stats_.overloaded.Add();
    return ReplyTo(request, Outcome::kOverloaded);
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

void RedisLoop::PostFlush(Entry& entry) {
    if (entry.flush_posted || !entry.batch.empty() || entry.loading) return;
    entry.flush_posted = true;
    boost::asio::post(io_, [this, id = entry.id, alive = std::weak_ptr(alive_)] {
        if (alive.expired()) return;
        const auto found = entries_.find(id);
        if (found == entries_.end()) return;
        found->second.flush_posted = false;
        Flush(found->second);
    });
}

void RedisLoop::Flush(Entry& entry) {
    if (!entry.batch.empty() || entry.loading || entry.waiting.empty()) return;
    const MonotonicTime now = std::chrono::steady_clock::now();
    if (!client_->Up() || now < entry.not_before) return;  // Sweep and OnState come back to it
    if (TakeBatch(entry, now)) Send(entry, false);
}

/// The first claims, each user once: the second goes with the next call, so it finds the first.
bool RedisLoop::TakeBatch(Entry& entry, MonotonicTime now) {
    std::vector<UserReply> shed;
    std::unordered_set<UserId> users;
    std::deque<Claim> left;
    while (!entry.waiting.empty() && entry.batch.size() < limits::kClaimsPerCallMax) {
        Claim claim = entry.waiting.front();
        entry.waiting.pop_front();
        if (claim.deadline < now) {
            shed.push_back(ReplyTo(claim.request, Outcome::kOverloaded));
        } else if (users.insert(claim.request.user_id).second) {
            entry.batch.push_back(claim);
        } else {
            left.push_back(claim);
        }
    }
    entry.waiting.insert(entry.waiting.begin(), left.begin(), left.end());
    Deliver(shed);
    return !entry.batch.empty();
}

void RedisLoop::Send(Entry& entry, bool by_text) {
    const RedisKeys keys(entry.id);
    const std::string run = client_->RunId();
    const std::string backlog = fmt::to_string(options_.backlog_max);
    std::vector<std::string> users;
    users.reserve(entry.batch.size());
    for (const Claim& claim : entry.batch) {
        users.push_back(fmt::to_string(claim.request.user_id.value));
    }
    std::vector<std::string_view> words = {run, entry.epoch, backlog};
    words.insert(words.end(), users.begin(), users.end());
    const std::array<std::string_view, 3> names = {keys.policy, keys.users, keys.accepted};
    const redis::RedisScript& script = Scripts().claim;
    client_->Send(by_text ? script.ByText(names, words) : script.ByHash(names, words),
                  std::chrono::steady_clock::now() + options_.wait_max,
                  [this, id = entry.id, by_text](Result<redis::RedisReply> answer) {
                      OnAnswer(id, std::move(answer), by_text);
                  });
}

void RedisLoop::OnAnswer(CouponId id, Result<redis::RedisReply> answer, bool by_text) {
    Entry& entry = entries_.at(id);
    if (!answer && !by_text && redis::IsRedisError(answer.error(), "NOSCRIPT")) {
        Send(entry, true);
        return;
    }
    if (!answer) {
        OnError(entry, answer.error());
    } else if ((*answer)[0].Text() == "ok") {
        OnDecided(entry, *answer);
    } else {
        OnNotLoaded(entry, (*answer)[1].Text());
    }
    Flush(entry);
}

void RedisLoop::OnError(Entry& entry, const Error& error) {
    if (error.applied != Applied::kNo) {
        stats_.unknown.Add(entry.batch.size());
        AnswerBatch(entry, Outcome::kUnknown);
    } else if (redis::IsRedisError(error, "OOM")) {
        AnswerBatch(entry, Outcome::kStorageFull);
    } else if (error.retry_is_safe) {
        PutBack(entry);
        entry.not_before = std::chrono::steady_clock::now() + kRetryPause;
    } else {
        AnswerBatch(entry, Outcome::kUnavailable);
    }
}

/// The epoch is another one: what was known of the coupon is void. Not loaded at all: the backend
/// loads it, while its claims wait.
void RedisLoop::OnNotLoaded(Entry& entry, std::string_view epoch) {
    entry.refusal_until = MonotonicTime::min();
    PutBack(entry);
    if (epoch.empty()) {
        StartLoading(entry);
    } else {
        entry.epoch = epoch;
    }
}

void RedisLoop::PutBack(Entry& entry) {
    entry.waiting.insert(entry.waiting.begin(), std::make_move_iterator(entry.batch.begin()),
                         std::make_move_iterator(entry.batch.end()));
    entry.batch.clear();
    ArmSweep();  // it ended when nothing waited, and nobody else may come
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
        entry.epoch = fmt::to_string(loaded->epoch);
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
    sink_.Deliver(replies);
    outstanding_.fetch_sub(static_cast<std::int64_t>(replies.size()), std::memory_order_release);
}

}  // namespace coupon::admission
