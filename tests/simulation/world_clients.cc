#include <algorithm>
#include <utility>
#include <variant>

#include "tests/simulation/world.h"

namespace coupon::simulation {

using admission::Outcome;

void World::Ask(const Workload::Wish& wish) {
    if (wish.again) result_.coverage.Count(Event::kAskedAgain);
    const std::uint64_t tag = result_.history.operations.size();
    result_.history.operations.push_back(
        {.ask = wish.ask, .coupon = wish.coupon, .user = wish.user, .asked = Now()});
    if (wish.ask == Ask::kLook) return Look(result_.history.operations.back());
    const admission::UserRequest request{.kind = static_cast<admission::RequestKind>(wish.ask),
                                         .coupon_id = wish.coupon,
                                         .user_id = wish.user,
                                         .order_amount = wish.amount,
                                         .tag = tag};
    const auto at_once = service_->Submit(request);
    if (at_once) return Answer(*at_once, true);
    waiting_.push_back(request);
    if (!at_rest_ && random_.OneIn(25)) hung_up_.insert(tag);
}

void World::Look(Operation& operation) {
    const auto holding = service_->FindHolding(operation.coupon, operation.user);
    operation.answered = Now();
    if (holding) {
        operation.outcome = holding->redeemed ? Outcome::kAlreadyRedeemed : Outcome::kNotRedeemed;
        operation.sequence = holding->sequence;
        operation.issued_at = holding->issued_at;
    } else {
        // As the API does: with the writer closed, "no" would be a guess.
        operation.outcome = service_->Closed() ? Outcome::kUnavailable : Outcome::kNotHeld;
    }
}

void World::AskDuringWrite() {
    if (!writing_ || workload_.LastCoupon().value == 0 || !random_.OneIn(12)) return;
    const std::size_t waiting = waiting_.size();
    Ask(workload_.NextWish());
    result_.coverage.Count(Event::kAskedDuringWrite);
    if (waiting_.size() == waiting) result_.coverage.Count(Event::kAnsweredDuringWrite);
}

void World::RunRound() {
    if (!service_ || waiting_.empty()) return;
    const std::vector<admission::UserRequest> batch = std::exchange(waiting_, {});
    const bool was_closed = service_->Closed();
    bool delivered = false;
    writing_ = true;
    service_->Round(batch, [&](std::span<const admission::UserReply> replies) {
        if (!disk_.Dead()) delivered = true;
        Deliver(replies);
    });
    writing_ = false;
    if (service_->Closed() && !was_closed && !disk_.Dead()) {
        result_.coverage.Count(Event::kWriterClosed);
    }
    if (disk_.Dead()) {
        if (!delivered) result_.coverage.Count(Event::kCrashInRound);
        for (const auto& request : batch) {
            if (result_.history.operations[request.tag].answered == kNever) {
                workload_.Remember(request.coupon_id, request.user_id);
            }
        }
        return Bury(AnyCrash());
    }
    if (service_->LogPages() < log_pages_) result_.coverage.Count(Event::kLogRestarted);
    log_pages_ = service_->LogPages();
}

void World::Deliver(std::span<const admission::UserReply> replies) {
    if (disk_.Dead() || replies.empty()) return;
    if (!at_rest_ && random_.OneIn(50)) return DieNow(Event::kCrashBeforeReplies);
    if (!at_rest_ && replies.size() > 1 && random_.OneIn(50)) {
        const std::int64_t heard =
            random_.Between(1, static_cast<std::int64_t>(replies.size()) - 1);
        replies = replies.first(static_cast<std::size_t>(heard));
        DieNow(Event::kCrashBetweenReplies);
    }
    for (const admission::UserReply& reply : replies) Answer(reply, false);
}

void World::Answer(const admission::UserReply& reply, bool at_once) {
    if (hung_up_.erase(reply.tag) != 0) {
        result_.coverage.Count(Event::kHungUp);
        workload_.Remember(reply.coupon_id, reply.user_id);
        return;
    }
    Operation& operation = result_.history.operations[reply.tag];
    operation.answered = Now();
    operation.outcome = reply.outcome;
    operation.sequence = reply.sequence;
    operation.issued_at = reply.issued_at;
    result_.coverage.Count(reply.outcome, at_once);
    if (reply.outcome == Outcome::kAdmitted) workload_.NoteHolder(reply.coupon_id, reply.user_id);
    if (reply.outcome == Outcome::kUnknown) workload_.Remember(reply.coupon_id, reply.user_id);
    if (at_once && service_->Closed() && reply.outcome != Outcome::kUnknown) {
        result_.coverage.Count(Event::kAnsweredWhileClosed);
    }
}

void World::CutOffWaiting() {
    for (const auto& request : waiting_) workload_.Remember(request.coupon_id, request.user_id);
    waiting_.clear();
    hung_up_.clear();
}

void World::ChangeSomething(const admission::OperatorChange& change) {
    Change noted{.asked = Now()};
    if (const auto* stock = std::get_if<admission::ChangeStock>(&change)) {
        noted.coupon = stock->id;
        noted.delta = stock->delta;
    } else if (const auto* update = std::get_if<admission::UpdateCoupon>(&change)) {
        noted.coupon = update->id;
    }
    result_.history.changes.push_back(noted);
    writing_ = true;
    const Result<admission::CouponView> answer = service_->Change(change);
    writing_ = false;
    if (!disk_.Dead() && !at_rest_ && random_.OneIn(40)) disk_.Die();
    if (disk_.Dead()) return BuryIfDead(Event::kCrashInChange);
    NoteChange(change, answer);
}

void World::NoteChange(const admission::OperatorChange& change,
                       const Result<admission::CouponView>& answer) {
    Coverage& coverage = result_.coverage;
    Change& noted = result_.history.changes.back();
    noted.answered = Now();
    if (!answer) {
        const bool refused = answer.error().applied == Applied::kNo;
        noted.fate = refused ? Change::Fate::kRefused : Change::Fate::kUnknown;
        coverage.Count(refused ? Event::kChangeRefused : Event::kChangeUnknown);
        return;
    }
    noted.fate = Change::Fate::kDone;
    noted.coupon = answer->coupon.id;
    noted.stock = answer->coupon.total_quantity;
    workload_.SetLastCoupon(std::max(workload_.LastCoupon(), noted.coupon));
    if (std::holds_alternative<admission::CreateCoupon>(change)) {
        coverage.Count(Event::kCreated);
    } else if (noted.delta != 0) {
        coverage.Count(noted.delta > 0 ? Event::kToppedUp : Event::kCut);
    } else if (const auto& update = std::get<admission::UpdateCoupon>(change); update.issue_end) {
        coverage.Count(Event::kWindowMoved);
    } else if (update.state) {
        switch (*update.state) {
            case CouponState::kOpen: coverage.Count(Event::kResumed); break;
            case CouponState::kPaused: coverage.Count(Event::kPaused); break;
            case CouponState::kClosed: coverage.Count(Event::kClosed); break;
        }
    }
}

void World::See(CouponId coupon, bool after_start) {
    const auto view = service_->See(coupon);
    if (!view) return;
    result_.history.sightings.push_back({.coupon = coupon,
                                         .at = Now(),
                                         .after_start = after_start,
                                         .stock = view->coupon.total_quantity,
                                         .issued = view->issued});
}

void World::AskAllAgain() {
    std::set<std::pair<CouponId, UserId>> all;
    for (const Operation& one : result_.history.operations) all.emplace(one.coupon, one.user);
    for (const auto& [coupon, user] : all) {
        Ask({.ask = Ask::kClaim, .coupon = coupon, .user = user});
        Ask({.ask = Ask::kLook, .coupon = coupon, .user = user});
        if (waiting_.size() >= 8) RunRound();
    }
    RunRound();
}

}  // namespace coupon::simulation
