#include "admission/ledger_waits.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include "common/limits_distributed.h"
#include "common/parse_number.h"

namespace coupon::admission {
namespace {

/// Cuts the text up to `end` off the front of `rest`.
std::string_view TakeWord(std::string_view& rest, char end) {
    const std::string_view word = rest.substr(0, rest.find(end));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    return word;
}

}  // namespace

std::optional<CommittedBatch> ParseCommitted(std::string_view payload) {
    const auto coupon = ParseWhole<std::int64_t>(TakeWord(payload, ' '));
    const auto epoch = ParseWhole<std::int64_t>(TakeWord(payload, ' '));
    if (!coupon || !epoch) return std::nullopt;
    CommittedBatch batch{.coupon = CouponId{*coupon}, .epoch = *epoch, .ranges = {}};
    while (!payload.empty()) {
        std::string_view range = TakeWord(payload, ',');
        const auto first = ParseWhole<std::int64_t>(TakeWord(range, '-'));
        const auto last = ParseWhole<std::int64_t>(range);
        if (!first || !last || *first > *last) return std::nullopt;
        batch.ranges.push_back({Sequence{*first}, Sequence{*last}});
    }
    if (batch.ranges.empty()) return std::nullopt;
    return batch;
}

bool LedgerWaits::Add(const UserReply& reply, std::int64_t epoch, const Times& times) {
    const auto names = [&](const CommittedBatch& batch) {
        return batch.coupon == reply.coupon_id && batch.epoch == epoch &&
               std::ranges::any_of(batch.ranges, [&](const CommittedBatch::Range& range) {
                   return range.first <= reply.sequence && reply.sequence <= range.last;
               });
    };
    if (std::ranges::any_of(recent_, names)) return true;
    waiting_.insert_or_assign(KeyOf(reply), Wait{reply, epoch, times});
    return false;
}

std::vector<UserReply> LedgerWaits::OnCommitted(const CommittedBatch& batch) {
    std::vector<UserReply> done;
    for (const CommittedBatch::Range& range : batch.ranges) {
        auto it = waiting_.lower_bound(Key{batch.coupon, range.first, 0});
        while (it != waiting_.end() && it->first.coupon == batch.coupon &&
               it->first.sequence <= range.last) {
            if (it->second.epoch != batch.epoch) {
                ++it;
                continue;
            }
            done.push_back(it->second.reply);
            it = waiting_.erase(it);
        }
    }
    recent_.push_back(batch);
    if (recent_.size() > limits::kCommitsRememberedMax) recent_.pop_front();
    return done;
}

std::vector<UserReply> LedgerWaits::ToLookUp(MonotonicTime now) {
    std::vector<UserReply> due;
    for (auto& [key, wait] : waiting_) {
        if (wait.times.look_up_at > now) continue;
        wait.times.look_up_at = MonotonicTime::max();
        due.push_back(wait.reply);
    }
    return due;
}

std::vector<UserReply> LedgerWaits::TakeExpired(MonotonicTime now) {
    std::vector<UserReply> expired;
    for (auto it = waiting_.begin(); it != waiting_.end();) {
        if (it->second.times.deadline > now) {
            ++it;
            continue;
        }
        expired.push_back(it->second.reply);
        it = waiting_.erase(it);
    }
    return expired;
}

bool LedgerWaits::Take(const UserReply& reply) { return waiting_.erase(KeyOf(reply)) > 0; }

std::weak_ptr<const bool> LedgerWaits::Waits(const UserReply& reply) const {
    const auto found = waiting_.find(KeyOf(reply));
    return found == waiting_.end() ? std::weak_ptr<const bool>() : found->second.alive;
}

}  // namespace coupon::admission
