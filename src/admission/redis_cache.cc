#include "admission/redis_cache.h"

#include <utility>

#include "common/check.h"

namespace coupon::admission {

std::optional<Outcome> CachedRefusal::Find(UserId user, MonotonicTime now) const {
    if (now >= until_) return std::nullopt;
    if (winners_ != nullptr && winners_->MayHold(user)) return std::nullopt;
    return refusal_;
}

void CachedRefusal::See(const WinnersVersion& version) {
    if (version != seen_) until_ = MonotonicTime::min();
    seen_ = version;
    if (winners_ != nullptr && winners_->Version() != version) winners_.reset();
}

bool CachedRefusal::KnowsWinners() const {
    if (winners_ != nullptr) return winners_->Version() == seen_;
    return seen_.next == Sequence{1};
}

void CachedRefusal::Remember(Outcome refusal, MonotonicTime until) {
    CHECK(KnowsWinners());
    if (dropped_since_asked_) return;
    refusal_ = refusal;
    until_ = until;
}

void CachedRefusal::Learn(std::shared_ptr<const WinnerFilter> winners) {
    until_ = MonotonicTime::min();
    winners_ = std::move(winners);
}

void CachedRefusal::Drop() {
    until_ = MonotonicTime::min();
    dropped_since_asked_ = true;
}

void CachedRefusal::Forget() {
    Drop();
    winners_.reset();
    seen_ = {};
}

}  // namespace coupon::admission
