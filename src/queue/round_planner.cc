#include "queue/round_planner.h"

#include <algorithm>
#include <utility>

#include "common/limits_consumer.h"
#include "common/limits_distributed.h"
#include "queue/rotation.h"

namespace coupon::queue {
namespace {

constexpr std::chrono::milliseconds kFirstRest{1};

}  // namespace

void RoundPlanner::SetRegistered(std::set<CouponId> coupons) {
    for (const CouponId coupon : coupons) DeskOf(coupon);
    registered_ = std::move(coupons);
    Forget();
}

void RoundPlanner::SetSwept(std::set<CouponId> coupons) {
    for (const CouponId coupon : coupons) DeskOf(coupon);
    swept_ = std::move(coupons);
    Forget();
}

std::optional<std::set<CouponId>> RoundPlanner::Coupons() const {
    if (!registered_ || !swept_) return std::nullopt;
    std::set<CouponId> all = *swept_;
    all.insert(registered_->begin(), registered_->end());
    return all;
}

void RoundPlanner::Forget() {
    std::erase_if(desks_, [&](const auto& entry) {
        const auto& [coupon, desk] = entry;
        const bool named =
            (registered_ && registered_->contains(coupon)) || (swept_ && swept_->contains(coupon));
        return !named && desk.held.HasNothing();
    });
}

RoundPlanner::Held RoundPlanner::CountHeld() const {
    Held held;
    for (const auto& [coupon, desk] : desks_) {
        held.all += desk.held.Count();
        if (desk.backoff) held.failing += desk.held.Count();
    }
    return held;
}

/// What one reading can bring (TakeRequest::claims).
std::size_t RoundPlanner::ReadingMax() const {
    return options_.batch_max + limits::kClaimsPerCallMax;
}

/// For another reading, where so much is held over all.
bool RoundPlanner::HasRoom(const Desk& desk, const Held& held) const {
    if (desk.held.Again() || desk.held.Waiting() >= options_.batch_max) return false;
    if (held.all + ReadingMax() > limits::kQueueClaimsHeldMax) return false;
    return !desk.backoff || held.failing + ReadingMax() <= limits::kQueueClaimsHeldMax / 2;
}

std::vector<TakeRequest> RoundPlanner::PlanTakes(MonotonicTime now, std::string_view run) {
    std::vector<TakeRequest> requests;
    Held held = CountHeld();
    auto at = PlaceAfter(desks_, last_taken_);
    for (std::size_t i = 0; i < desks_.size(); ++i, ++at) {
        if (requests.size() == limits::kQueueTakesPerRoundMax) break;
        if (at == desks_.end()) at = desks_.begin();
        Desk& desk = at->second;
        const std::string cursor = desk.reread || desk.run != run ? "0-0" : desk.cursor;
        if (now >= std::max(desk.due, desk.rests_until) && HasRoom(desk, held)) {
            held.all += ReadingMax();
            if (desk.backoff) held.failing += ReadingMax();
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
        case Taken::Kind::kNotLoaded: Rest(desk, now); return Load(request.coupon, desk);
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
    if (taken.lease_is_new || !request.cursor.empty()) desk.held.LeaveOutHeld(taken.entries);
    desk.held.Add(run, taken.epoch, std::move(taken.entries));
    if (desk.held.HasWork()) ready_.insert(request.coupon);
    if (request.claims == 0) return;
    if (idle) return Rest(desk, now);
    desk.idle_pause = {};
    desk.due = now;
}

void RoundPlanner::Load(CouponId coupon, Desk& desk) {
    if (desk.held.Again() || desk.held.InHand()) return;
    desk.held.DoAgain(Work{.kind = Work::Kind::kLoad, .coupon = coupon});
    ready_.insert(coupon);
}

/// The other consumer reads what waits here from the pending entries. What came from another Redis
/// process stays: it may be nowhere else.
void RoundPlanner::OnHeld(CouponId coupon, Desk& desk, std::string_view run) {
    desk.leased = false;
    desk.renew_at.reset();
    desk.held.PutBack(run);
    if (!desk.held.HasWork()) ready_.erase(coupon);
}

MonotonicTime RoundPlanner::NextDue(MonotonicTime latest) const {
    const Held held = CountHeld();
    for (const auto& [coupon, desk] : desks_) {
        if (HasRoom(desk, held)) latest = std::min(latest, std::max(desk.due, desk.rests_until));
    }
    return latest;
}

bool RoundPlanner::IsSlow(const Desk& desk) const {
    const auto& again = desk.held.Again();
    return desk.backoff || (again && again->kind == Work::Kind::kLoad);
}

std::optional<Work> RoundPlanner::NextWorkOf(bool slow_too, MonotonicTime now) {
    const std::size_t slow_max = std::max<std::size_t>(1, options_.writers / 2);
    auto at = PlaceAfter(ready_, last_worked_);
    for (std::size_t i = 0; i < ready_.size(); ++i, ++at) {
        if (at == ready_.end()) at = ready_.begin();
        const CouponId coupon = *at;
        Desk& desk = DeskOf(coupon);
        const bool slow = IsSlow(desk);
        if (desk.rests_until > now || (slow && (!slow_too || slow_.size() >= slow_max))) continue;
        if (slow) slow_.insert(coupon);
        ready_.erase(at);
        last_worked_ = coupon;
        last_was_slow_ = slow;
        return desk.held.Begin(coupon, options_.batch_max);
    }
    return std::nullopt;
}

std::optional<Work> RoundPlanner::NextWork(MonotonicTime now) {
    if (last_was_slow_) {
        if (auto work = NextWorkOf(false, now)) return work;
    }
    return NextWorkOf(true, now);
}

void RoundPlanner::OnDone(CouponId coupon, WorkResult result, MonotonicTime now, double chance) {
    Desk& desk = DeskOf(coupon);
    desk.held.End();
    slow_.erase(coupon);
    if (result.reread) {
        desk.reread = true;
        desk.due = now;
    }
    if (result.again) {
        Postpone(desk, *std::move(result.again), now, chance);
    } else {
        desk.backoff.reset();
        desk.rests_until = {};
        desk.due = std::min(desk.due, now);
    }
    if (desk.held.HasWork()) ready_.insert(coupon);
}

/// What is pending in the Redis process of the last reading can be read again, so it is not kept.
void RoundPlanner::Postpone(Desk& desk, Work work, MonotonicTime now, double chance) {
    if (!desk.backoff) {
        desk.backoff.emplace(limits::kQueueRetryPauseFirst, limits::kQueueRetryPauseMax);
    }
    desk.rests_until = now + desk.backoff->Next(chance);
    desk.held.PutBack(desk.run);
    if (work.kind != Work::Kind::kWrite || work.run != desk.run) {
        desk.held.DoAgain(std::move(work));
    }
    desk.reread = true;
    desk.due = now;
}

std::vector<CouponId> RoundPlanner::Leased() const {
    std::vector<CouponId> coupons;
    for (const auto& [coupon, desk] : desks_) {
        if (desk.leased) coupons.push_back(coupon);
    }
    return coupons;
}

}  // namespace coupon::queue
