#include "queue/round_planner.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/limits_consumer.h"

namespace coupon::queue {
namespace {

constexpr std::chrono::milliseconds kFirstRest{1};

std::size_t ClaimsOf(const std::vector<QueuedEntry>& entries) {
    std::size_t claims = 0;
    for (const QueuedEntry& entry : entries) claims += entry.claims.size();
    return claims;
}

/// After the id `last`, round and round.
template <class Container>
auto StartAfter(Container& container, CouponId last) {
    const auto at = container.upper_bound(last);
    return at == container.end() ? container.begin() : at;
}

}  // namespace

void RoundPlanner::SetRegistered(std::set<CouponId> coupons) {
    registered_ = std::move(coupons);
    for (const CouponId coupon : registered_) DeskOf(coupon);
    Forget();
}

void RoundPlanner::SetSwept(std::set<CouponId> coupons) {
    swept_ = std::move(coupons);
    for (const CouponId coupon : swept_) DeskOf(coupon);
    Forget();
}

std::set<CouponId> RoundPlanner::Coupons() const {
    std::set<CouponId> all = swept_;
    all.insert(registered_.begin(), registered_.end());
    return all;
}

void RoundPlanner::Forget() {
    std::erase_if(desks_, [&](const auto& entry) {
        const auto& [coupon, desk] = entry;
        return !registered_.contains(coupon) && !swept_.contains(coupon) && !desk.in_hand &&
               !desk.again && desk.waiting.empty();
    });
}

/// For another reading, where `claims` are held over all.
bool RoundPlanner::HasRoom(const Desk& desk, std::size_t claims) const {
    return !desk.again && desk.waiting_claims < options_.batch_max &&
           claims + options_.batch_max <= limits::kQueueClaimsHeldMax;
}

std::vector<TakeRequest> RoundPlanner::PlanTakes(MonotonicTime now, std::string_view run) {
    std::vector<TakeRequest> requests;
    std::size_t claims = claims_held_;
    auto at = StartAfter(desks_, last_taken_);
    for (std::size_t i = 0; i < desks_.size(); ++i, ++at) {
        if (requests.size() == limits::kQueueTakesPerRoundMax) break;
        if (at == desks_.end()) at = desks_.begin();
        Desk& desk = at->second;
        const std::string cursor = desk.reread || desk.run != run ? "0-0" : desk.cursor;
        if (now >= desk.due && HasRoom(desk, claims)) {
            claims += options_.batch_max;
            requests.push_back({at->first, cursor, options_.batch_max});
        } else if (desk.renew_at && now >= *desk.renew_at) {
            requests.push_back({at->first, cursor, 0});
        } else {
            continue;
        }
        desk.reread = false;
        last_taken_ = at->first;
    }
    return requests;
}

void RoundPlanner::Rest(Desk& desk, MonotonicTime now) {
    desk.idle_pause = std::clamp(desk.idle_pause * 2, kFirstRest, limits::kQueueIdlePauseMax);
    desk.due = now + desk.idle_pause;
}

void RoundPlanner::OnTakeFailed(const TakeRequest& request, MonotonicTime now) {
    const auto found = desks_.find(request.coupon);
    if (found == desks_.end()) return;
    // Redis may have read for us what was asked for: then it is pending, and nobody has it in hand.
    found->second.reread |= request.claims > 0 || !request.cursor.empty();
    Rest(found->second, now);
}

void RoundPlanner::OnTaken(const TakeRequest& request, std::string_view run, Taken taken,
                           MonotonicTime now) {
    const auto found = desks_.find(request.coupon);
    if (found == desks_.end()) return;  // forgotten meanwhile; what was read is pending
    Desk& desk = found->second;
    if (taken.kind != Taken::Kind::kTaken) desk.reread |= !request.cursor.empty();
    switch (taken.kind) {
        case Taken::Kind::kEmpty: desk.renew_at.reset(); return Rest(desk, now);
        case Taken::Kind::kNotLoaded:
            Rest(desk, now);
            if (desk.again || desk.in_hand) return;
            desk.again = Work{.kind = Work::Kind::kLoad, .coupon = request.coupon};
            desk.again_at = now;
            ready_.insert(request.coupon);
            return;
        case Taken::Kind::kHeld:
            desk.due = now + std::min(taken.held_for, limits::kQueueLeasePollMax);
            return OnHeld(request.coupon, desk, run);
        case Taken::Kind::kTaken: break;
    }
    desk.leased = true;
    desk.renew_at = now + options_.lease / 2;
    desk.run = run;
    desk.cursor = taken.cursor;
    const bool idle = taken.entries.empty() && taken.cursor.empty();
    // A pending entry may be one that is held here.
    if (taken.lease_is_new || !request.cursor.empty()) DropWhatIsHeld(desk, taken.entries);
    AddWaiting(request.coupon, desk, run, taken);
    if (request.claims == 0) return;
    if (idle) return Rest(desk, now);
    desk.idle_pause = {};
    desk.due = now;
}

/// The other consumer reads what waits here from the pending entries. What came from another Redis
/// process stays: it may be nowhere else.
void RoundPlanner::OnHeld(CouponId coupon, Desk& desk, std::string_view run) {
    desk.leased = false;
    desk.renew_at.reset();
    std::erase_if(desk.waiting, [&](const Waiting& part) {
        if (part.run != run) return false;
        for (const QueuedEntry& entry : part.entries) {
            desk.waiting_claims -= entry.claims.size();
            claims_held_ -= entry.claims.size();
        }
        return true;
    });
    if (!desk.again && desk.waiting.empty()) ready_.erase(coupon);
}

void RoundPlanner::DropWhatIsHeld(const Desk& desk, std::vector<QueuedEntry>& entries) {
    std::unordered_set<std::string_view> held(desk.hand_ids.begin(), desk.hand_ids.end());
    for (const Waiting& part : desk.waiting) {
        for (const QueuedEntry& entry : part.entries) held.insert(entry.id);
    }
    if (desk.again) {
        for (const QueuedEntry& entry : desk.again->entries) held.insert(entry.id);
        for (const EntryAck& entry : desk.again->written) held.insert(entry.id);
    }
    std::erase_if(entries, [&](const QueuedEntry& entry) { return held.contains(entry.id); });
}

void RoundPlanner::AddWaiting(CouponId coupon, Desk& desk, std::string_view run, Taken& taken) {
    for (QueuedEntry& entry : taken.entries) {
        if (desk.waiting.empty() || desk.waiting.back().run != run ||
            desk.waiting.back().epoch != taken.epoch) {
            desk.waiting.push_back({std::string(run), taken.epoch, {}});
        }
        desk.waiting_claims += entry.claims.size();
        claims_held_ += entry.claims.size();
        desk.waiting.back().entries.push_back(std::move(entry));
    }
    if (!desk.waiting.empty() && !desk.in_hand) ready_.insert(coupon);
}

MonotonicTime RoundPlanner::NextDue(MonotonicTime latest) const {
    for (const auto& [coupon, desk] : desks_) {
        if (HasRoom(desk, claims_held_)) latest = std::min(latest, desk.due);
    }
    return latest;
}

Work RoundPlanner::CutBatch(CouponId coupon, Desk& desk) {
    Waiting& part = desk.waiting.front();
    Work work{.kind = Work::Kind::kWrite, .coupon = coupon, .run = part.run, .epoch = part.epoch};
    std::size_t claims = 0;
    while (!part.entries.empty()) {
        const std::size_t more = part.entries.front().claims.size();
        if (!work.entries.empty() && claims + more > options_.batch_max) break;
        claims += more;
        work.entries.push_back(std::move(part.entries.front()));
        part.entries.pop_front();
    }
    desk.waiting_claims -= claims;
    if (part.entries.empty()) desk.waiting.pop_front();
    return work;
}

std::optional<Work> RoundPlanner::WorkOf(CouponId coupon, Desk& desk, MonotonicTime now) {
    if (desk.again && desk.again_at > now) return std::nullopt;
    const bool slow = desk.backoff || (desk.again && desk.again->kind == Work::Kind::kLoad);
    const std::size_t slow_max = std::max<std::size_t>(1, options_.writers / 2);
    if (slow && slow_.size() >= slow_max) return std::nullopt;
    std::optional<Work> work = std::exchange(desk.again, std::nullopt);
    if (!work) work = CutBatch(coupon, desk);
    if (slow) slow_.insert(coupon);
    desk.in_hand = true;
    desk.hand_claims = ClaimsOf(work->entries);
    for (const QueuedEntry& entry : work->entries) desk.hand_ids.insert(entry.id);
    for (const EntryAck& entry : work->written) desk.hand_ids.insert(entry.id);
    return work;
}

std::optional<Work> RoundPlanner::NextWork(MonotonicTime now) {
    auto at = StartAfter(ready_, last_worked_);
    for (std::size_t i = 0; i < ready_.size(); ++i, ++at) {
        if (at == ready_.end()) at = ready_.begin();
        const CouponId coupon = *at;
        if (auto work = WorkOf(coupon, DeskOf(coupon), now)) {
            ready_.erase(at);
            last_worked_ = coupon;
            return work;
        }
    }
    return std::nullopt;
}

void RoundPlanner::OnDone(CouponId coupon, WorkResult result, MonotonicTime now, double chance) {
    Desk& desk = DeskOf(coupon);
    CHECK(desk.in_hand);
    desk.in_hand = false;
    desk.hand_ids.clear();
    slow_.erase(coupon);
    claims_held_ -= std::exchange(desk.hand_claims, 0);
    if (result.reread) {
        desk.reread = true;
        desk.due = now;
    }
    if (result.again) {
        if (!desk.backoff) {
            desk.backoff.emplace(limits::kQueueRetryPauseFirst, limits::kQueueRetryPauseMax);
        }
        desk.again = std::move(result.again);
        desk.again_at = now + desk.backoff->Next(chance);
        claims_held_ += ClaimsOf(desk.again->entries);
    } else {
        desk.backoff.reset();
        desk.due = std::min(desk.due, now);
    }
    if (desk.again || !desk.waiting.empty()) ready_.insert(coupon);
}

std::vector<CouponId> RoundPlanner::Leased() const {
    std::vector<CouponId> coupons;
    for (const auto& [coupon, desk] : desks_) {
        if (desk.leased) coupons.push_back(coupon);
    }
    return coupons;
}

}  // namespace coupon::queue
