#include "tests/simulation/planted_bugs.h"

#include <array>
#include <map>
#include <utility>
#include <variant>
#include <vector>

#include "admission/engine_rules.h"

namespace coupon::simulation {
namespace {

using admission::Outcome;
using admission::UserReply;
using admission::UserRequest;

/// A round written by hand, with the sequencer's steps in another order.
class HandMadeRound final : public Service {
public:
    HandMadeRound(Bug bug, std::unique_ptr<ledger::SqliteLedger> ledger, const Clock& clock)
        : Service(std::move(ledger), clock), bug_(bug) {}

    std::optional<UserReply> Submit(const UserRequest& request) override {
        const auto view = Engine().FindCoupon(request.coupon_id);
        const bool none_left = view && view->remaining && staged_.contains(request.coupon_id) &&
                               *view->remaining <= staged_.at(request.coupon_id);
        if (bug_ == Bug::kSoldOutBeforeCommit && none_left &&
            request.kind == admission::RequestKind::kClaim &&
            !FindHolding(request.coupon_id, request.user_id)) {
            return ReplyTo(request, Outcome::kSoldOut);
        }
        return Service::Submit(request);
    }

    void Round(std::span<const UserRequest> requests, const Deliver& deliver) override {
        std::vector<UserReply> early;
        std::vector<UserReply> late;
        for (const UserRequest& request : requests) {
            const UserReply reply = Engine().Decide(request, Time().WallNow());
            (IsEarly(reply) ? early : late).push_back(reply);
        }
        for (const Issuance& issuance : Engine().StagedIssuances()) ++staged_[issuance.coupon_id];
        deliver(early);
        const Result<void> written = Write();
        staged_.clear();
        if (written || bug_ == Bug::kCommitDespiteFailure) {
            Engine().Commit();
        } else {
            Engine().Discard();
        }
        if (!written && bug_ != Bug::kYesDespiteFailure) {
            for (UserReply& reply : late) reply = Failed(reply, written.error());
        }
        deliver(late);
    }

private:
    bool IsEarly(const UserReply& reply) const {
        if (bug_ == Bug::kYesBeforeWrite) return true;
        return bug_ == Bug::kRefusalBeforeWrite &&
               (reply.outcome == Outcome::kSoldOut || reply.outcome == Outcome::kDuplicate);
    }

    static UserReply Failed(const UserReply& reply, const Error& error) {
        const Outcome nothing_applied =
            error.code == ErrorCode::kStorageFull ? Outcome::kStorageFull : Outcome::kUnavailable;
        return ReplyTo({.kind = reply.kind,
                        .coupon_id = reply.coupon_id,
                        .user_id = reply.user_id,
                        .order_amount = {},
                        .tag = reply.tag},
                       error.applied == Applied::kNo ? nothing_applied : Outcome::kUnknown);
    }

    Result<void> Write() {
        if (Engine().StageIsEmpty()) return {};
        return Ledger().Write({.issuances = Engine().StagedIssuances(),
                               .redemptions = Engine().StagedRedemptions(),
                               .undos = Engine().StagedUndos()});
    }

    const Bug bug_;
    std::map<CouponId, std::int64_t> staged_;
};

class ForgetsHolders final : public Service {
public:
    using Service::Service;

    Result<void> Restore() override {
        const auto coupons = Ledger().LoadCoupons();
        if (!coupons) return std::unexpected(coupons.error());
        for (const auto& stored : *coupons) {
            if (auto restored = Engine().RestoreCoupon(stored.coupon); !restored) return restored;
        }
        // The counters are right, and nobody is who it was.
        constexpr std::int64_t kNobody = std::int64_t{1} << 40;
        return Ledger().LoadIssuances([&](ledger::SqliteLedger::StoredIssuance stored) {
            stored.issuance.user_id.value = kNobody + stored.issuance.sequence.value;
            return Engine().RestoreIssuance(stored.issuance, stored.redeemed);
        });
    }
};

class KeepsTheLast final : public Service {
public:
    using Service::Service;

    std::optional<UserReply> Submit(const UserRequest& request) override {
        auto at_once = Service::Submit(request);
        const auto view = See(request.coupon_id);
        if (!at_once && request.kind == admission::RequestKind::kClaim && view &&
            view->remaining == 1) {
            return ReplyTo(request, Outcome::kSoldOut);
        }
        return at_once;
    }
};

class GivesOneMore final : public Service {
public:
    using Service::Service;

    Result<admission::CouponView> Change(const admission::OperatorChange& change) override {
        admission::OperatorChange wrong = change;
        if (auto* create = std::get_if<admission::CreateCoupon>(&wrong);
            create != nullptr && create->coupon.total_quantity) {
            ++*create->coupon.total_quantity;
        }
        auto view = Service::Change(wrong);
        if (view && view->coupon.total_quantity) --*view->coupon.total_quantity;
        return view;
    }

    std::optional<admission::CouponView> See(CouponId coupon) const override {
        auto view = Service::See(coupon);
        if (view && view->coupon.total_quantity) --*view->coupon.total_quantity;
        return view;
    }
};

class LooksAtStockFirst final : public Service {
public:
    using Service::Service;

    std::optional<UserReply> Submit(const UserRequest& request) override {
        const auto view = See(request.coupon_id);
        if (request.kind == admission::RequestKind::kClaim && view && view->remaining == 0) {
            return ReplyTo(request, Outcome::kSoldOut);
        }
        return Service::Submit(request);
    }
};

}  // namespace

std::string_view ToString(Bug bug) {
    constexpr std::array<std::string_view, kBugCount> kNames = {
        "none",
        "syncs_dropped",
        "yes_before_write",
        "refusal_before_write",
        "holders_forgotten",
        "one_too_few",
        "one_too_many",
        "sold_out_before_commit",
        "sold_out_to_winner",
        "commit_despite_failure",
        "yes_despite_failure",
    };
    return kNames[static_cast<std::size_t>(bug)];
}

std::unique_ptr<Service> MakeService(Bug bug, std::unique_ptr<ledger::SqliteLedger> ledger,
                                     const Clock& clock) {
    switch (bug) {
        case Bug::kNone:
        case Bug::kSyncsDropped: return std::make_unique<Service>(std::move(ledger), clock);
        case Bug::kYesBeforeWrite:
        case Bug::kRefusalBeforeWrite:
        case Bug::kSoldOutBeforeCommit:
        case Bug::kCommitDespiteFailure:
        case Bug::kYesDespiteFailure:
            return std::make_unique<HandMadeRound>(bug, std::move(ledger), clock);
        case Bug::kHoldersForgotten:
            return std::make_unique<ForgetsHolders>(std::move(ledger), clock);
        case Bug::kOneTooFew: return std::make_unique<KeepsTheLast>(std::move(ledger), clock);
        case Bug::kOneTooMany: return std::make_unique<GivesOneMore>(std::move(ledger), clock);
        case Bug::kSoldOutToWinner:
            return std::make_unique<LooksAtStockFirst>(std::move(ledger), clock);
    }
    return nullptr;
}

}  // namespace coupon::simulation
