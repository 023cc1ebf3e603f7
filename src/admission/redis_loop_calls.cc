// How RedisLoop gathers claims and sends them.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <iterator>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "admission/engine_rules.h"
#include "admission/redis_keys.h"
#include "admission/redis_loop.h"
#include "admission/redis_scripts.h"
#include "common/limits_distributed.h"
#include "redis/redis_error.h"

namespace coupon::admission {
namespace {

constexpr std::size_t kLongestNumber = 20;  ///< digits of 2^63, and a sign

}  // namespace

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
    while (entry.batch.empty() && !entry.waiting.empty()) TakeBatch(entry, now);
    if (!entry.batch.empty()) Send(entry, false);
}

/// The first claims, each user once: the second goes with the next call, so it finds the first.
void RedisLoop::TakeBatch(Entry& entry, MonotonicTime now) {
    const auto first = entry.waiting.begin();
    const auto end = first + static_cast<std::ptrdiff_t>(
                                 std::min(entry.waiting.size(), limits::kClaimsPerCallMax));
    std::vector<UserReply> shed;
    for (auto claim = first; claim != end; ++claim) {
        if (claim->deadline < now) {
            shed.push_back(ReplyTo(claim->request, Outcome::kOverloaded));
        } else {
            entry.batch.push_back(*claim);
        }
    }
    entry.waiting.erase(first, end);
    LeaveRepeats(entry);
    stats_.shed.Add(shed.size());
    Deliver(shed);
}

/// By sorting: a batch is small, and a set would make a node for each claim.
void RedisLoop::LeaveRepeats(Entry& entry) {
    const auto user = [&batch = entry.batch](std::size_t i) { return batch[i].request.user_id; };
    std::array<std::uint16_t, limits::kClaimsPerCallMax> places{};
    const std::span order = std::span(places).first(entry.batch.size());
    std::iota(order.begin(), order.end(), std::uint16_t{0});
    std::ranges::sort(order, {}, [&](std::uint16_t i) { return std::pair(user(i), i); });
    std::array<bool, limits::kClaimsPerCallMax> repeats{};
    std::size_t left = 0;
    for (std::size_t i = 1; i < order.size(); ++i) {
        repeats[order[i]] = user(order[i]) == user(order[i - 1]);
        left += repeats[order[i]] ? 1 : 0;
    }
    if (left == 0) return;
    std::vector<Claim> batch;
    auto place = entry.waiting.begin();
    for (std::size_t i = 0; i < entry.batch.size(); ++i) {
        if (repeats[i]) {
            place = entry.waiting.insert(place, entry.batch[i]) + 1;
        } else {
            batch.push_back(entry.batch[i]);
        }
    }
    entry.batch = std::move(batch);
}

void RedisLoop::Send(Entry& entry, bool by_text) {
    const RedisKeys keys(entry.id);
    const std::string run = client_->RunId();
    // All numbers in one text, with room for the longest, so that it does not move.
    std::string digits;
    digits.reserve((entry.batch.size() + 2) * kLongestNumber);
    std::vector<std::string_view> words = {run};
    words.reserve(entry.batch.size() + 3);
    const auto add = [&](std::int64_t number) {
        const std::size_t begin = digits.size();
        fmt::format_to(std::back_inserter(digits), "{}", number);
        words.push_back(std::string_view(digits).substr(begin));
    };
    add(entry.epoch);
    add(options_.backlog_max);
    for (const Claim& claim : entry.batch) add(claim.request.user_id.value);
    const std::array<std::string_view, 3> names = {keys.policy, keys.users, keys.accepted};
    const redis::RedisScript& script = Scripts().claim;
    entry.refusal.Ask();
    client_->Send(by_text ? script.ByText(names, words) : script.ByHash(names, words),
                  std::chrono::steady_clock::now() + options_.wait_max,
                  [this, id = entry.id, by_text](Result<redis::RedisReply> answer) {
                      OnAnswer(id, std::move(answer), by_text);
                  });
}

void RedisLoop::OnAnswer(CouponId id, Result<redis::RedisReply> answer, bool by_text) {
    Entry& entry = entries_.at(id);
    if (entry.batch.empty()) return;  // given up
    if (!answer && !by_text && redis::IsRedisError(answer.error(), "NOSCRIPT")) {
        Send(entry, true);
        return;
    }
    if (!answer) {
        OnError(entry, answer.error());
    } else {
        const ClaimDecision decision = ReadClaimDecision(*answer, entry.batch.size());
        decision.claims.empty() ? OnNotLoaded(entry, decision) : OnDecided(entry, decision);
    }
    Flush(entry);
}

void RedisLoop::OnError(Entry& entry, const Error& error) {
    if (error.applied != Applied::kNo) {
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
void RedisLoop::OnNotLoaded(Entry& entry, const ClaimDecision& decision) {
    entry.refusal.Forget();
    PutBack(entry);
    if (decision.not_loaded) {
        StartLoading(entry);
    } else {
        entry.epoch = *decision.other_epoch;
    }
}

void RedisLoop::PutBack(Entry& entry) {
    entry.waiting.insert(entry.waiting.begin(), std::make_move_iterator(entry.batch.begin()),
                         std::make_move_iterator(entry.batch.end()));
    entry.batch.clear();
    ArmSweep();  // it ended when nothing waited, and nobody else may come
}

}  // namespace coupon::admission
