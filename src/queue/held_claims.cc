#include "queue/held_claims.h"

#include <utility>

#include "common/check.h"

namespace coupon::queue {
namespace {

template <class Entries>
std::size_t ClaimsOf(const Entries& entries) {
    std::size_t claims = 0;
    for (const QueuedEntry& entry : entries) claims += entry.claims.size();
    return claims;
}

}  // namespace

void HeldClaims::LeaveOutHeld(std::vector<QueuedEntry>& entries) const {
    std::unordered_set<std::string_view> held(hand_ids_.begin(), hand_ids_.end());
    for (const Part& part : waiting_) {
        for (const QueuedEntry& entry : part.entries) held.insert(entry.id);
    }
    if (again_) {
        for (const QueuedEntry& entry : again_->entries) held.insert(entry.id);
        for (const EntryAck& entry : again_->written) held.insert(entry.id);
    }
    std::erase_if(entries, [&](const QueuedEntry& entry) { return held.contains(entry.id); });
}

void HeldClaims::Add(std::string_view run, std::int64_t epoch, std::vector<QueuedEntry>&& entries) {
    if (entries.empty()) return;
    if (waiting_.empty() || waiting_.back().run != run || waiting_.back().epoch != epoch) {
        waiting_.push_back({std::string(run), epoch, {}});
    }
    waiting_claims_ += ClaimsOf(entries);
    for (QueuedEntry& entry : entries) waiting_.back().entries.push_back(std::move(entry));
}

void HeldClaims::PutBack(std::string_view run) {
    std::erase_if(waiting_, [&](const Part& part) {
        if (part.run != run) return false;
        waiting_claims_ -= ClaimsOf(part.entries);
        return true;
    });
}

Work HeldClaims::CutBatch(CouponId coupon, std::size_t claims_max) {
    Part& part = waiting_.front();
    Work work{.kind = Work::Kind::kWrite, .coupon = coupon, .run = part.run, .epoch = part.epoch};
    std::size_t claims = 0;
    while (!part.entries.empty()) {
        const std::size_t more = part.entries.front().claims.size();
        if (!work.entries.empty() && claims + more > claims_max) break;
        claims += more;
        work.entries.push_back(std::move(part.entries.front()));
        part.entries.pop_front();
    }
    waiting_claims_ -= claims;
    if (part.entries.empty()) waiting_.pop_front();
    return work;
}

Work HeldClaims::Begin(CouponId coupon, std::size_t claims_max) {
    CHECK(HasWork());
    std::optional<Work> work = std::exchange(again_, std::nullopt);
    if (!work) work = CutBatch(coupon, claims_max);
    in_hand_ = true;
    work_claims_ = ClaimsOf(work->entries);
    for (const QueuedEntry& entry : work->entries) hand_ids_.insert(entry.id);
    for (const EntryAck& entry : work->written) hand_ids_.insert(entry.id);
    return *std::move(work);
}

void HeldClaims::End() {
    CHECK(in_hand_);
    in_hand_ = false;
    hand_ids_.clear();
    work_claims_ = 0;
}

void HeldClaims::DoAgain(Work work) {
    CHECK(!in_hand_);
    work_claims_ = ClaimsOf(work.entries);
    again_ = std::move(work);
}

}  // namespace coupon::queue
