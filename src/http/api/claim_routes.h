#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "common/mutex.h"
#include "http/api/api_context.h"
#include "http/api/claim_body.h"
#include "http/api/responder.h"
#include "http/api/routes.h"
#include "http/exchange.h"

namespace coupon::http::api {

/// Claims and redemptions of one loop: from a request to Admission::Submit, and from its reply to
/// the answer. Confined to the loop's thread, except Deliver.
class ClaimRoutes final : public admission::ReplySink {
public:
    /// Registers with the admission: before traffic. Must outlive the admission's Drain.
    ClaimRoutes(const ApiContext& context, Responder& responder, EventLoop& loop);

    /// POST of a claim, v1 and seed.
    Handling Claim(const Call& call, const Request& request, const RouteMatch& match);
    /// POST and DELETE of a redemption.
    Handling Redeem(const Call& call, const Request& request, const RouteMatch& match);
    Handling UndoRedemption(const Call& call, const Request& request, const RouteMatch& match);

    /// The admission's thread: copies, and wakes the loop once for all that comes until it runs.
    void Deliver(std::span<const admission::UserReply> replies) noexcept override;

private:
    /// What must be remembered of an exchange until its reply; one a slot of the loop.
    struct Pending {
        ExchangeId id;
        RouteId route = RouteId::kUnmatched;
        MonotonicTime received_at;
        Money order_amount;
    };

    Handling Submit(const Call& call, const Request& request, const admission::UserRequest& wanted);
    void AnswerDelivered();
    void Answer(const Pending& pending, const admission::UserReply& reply);
    void AnswerClaim(const Call& call, const admission::UserReply& reply);
    void AnswerSeed(const Call& call, admission::Outcome outcome);
    void AnswerRedemption(const Pending& pending, const admission::UserReply& reply);
    void AnswerNotOpen(const Call& call, CouponId coupon);
    void AnswerDuplicate(const Call& call, const admission::UserReply& reply);
    void AnswerAlreadyRedeemed(const Call& call, const admission::UserReply& reply);
    Handling RefuseClaim(const Call& call, Problem problem, std::string_view detail = {},
                         std::string_view field = {});

    const ApiContext& context_;
    Responder& responder_;
    ClaimMetrics& metrics_;
    const admission::SubmitterId submitter_;
    ClaimBodyParser claim_parser_;
    JsonObjectParser object_parser_;
    std::vector<Pending> pending_;  ///< by ExchangeId::slot
    /// Bodies that never differ, by outcome.
    std::array<std::string, admission::kOutcomeCount> v1_bodies_;
    std::array<std::string, admission::kOutcomeCount> seed_bodies_;
    /// The window's start of the coupon that was asked for last: it cannot be changed, and before
    /// the opening everybody asks for the same.
    CouponId opens_coupon_;
    WallTime opens_at_;
    std::vector<admission::UserReply> answering_;

    Mutex mutex_;
    /// Not empty = a run is posted.
    std::vector<admission::UserReply> delivered_ GUARDED_BY(mutex_);
};

/// Whether the route is one of the seed's.
bool IsSeedRoute(RouteId route);

}  // namespace coupon::http::api
