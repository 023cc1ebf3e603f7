#include "http/api/claim_routes.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/check.h"
#include "http/api/media_type.h"
#include "http/api/operator_body.h"

namespace coupon::http::api {
namespace {

using admission::Outcome;
using admission::RequestKind;
using admission::UserReply;
using admission::UserRequest;

bool IsSuccess(Outcome outcome) {
    return outcome == Outcome::kAdmitted || outcome == Outcome::kRedeemed ||
           outcome == Outcome::kRedemptionUndone;
}

/// Of a claim that stands.
ClaimStatus StatusOf(const UserReply& reply) {
    if (reply.accepted) return ClaimStatus::kAccepted;
    return reply.redeemed ? ClaimStatus::kRedeemed : ClaimStatus::kIssued;
}

}  // namespace

bool IsSeedRoute(RouteId route) {
    return route >= RouteId::kSeedAsync && route <= RouteId::kSeedMysql;
}

ClaimRoutes::ClaimRoutes(const ApiContext& context, Responder& responder, EventLoop& loop)
    : context_(context),
      responder_(responder),
      metrics_(context.api_metrics.AddLoop()),
      submitter_(context.admission.Register(*this, loop.Executor().context())) {
    for (std::size_t i = 0; i < admission::kOutcomeCount; ++i) {
        const auto outcome = static_cast<Outcome>(i);
        if (IsSuccess(outcome)) continue;
        AppendProblem(v1_bodies_[i], ProblemOf(outcome));
        AppendSeedError(seed_bodies_[i], TypeOf(ProblemOf(outcome)).detail);
    }
}

Handling ClaimRoutes::Claim(const Call& call, const Request& request, const RouteMatch& match) {
    const MediaType type = ReadMediaType(request.content_type);
    if (type != MediaType::kJson && type != MediaType::kMissing) {
        return RefuseClaim(call, Problem::kUnsupportedMediaType);
    }
    const bool seed = IsSeedRoute(call.route);
    if (call.route == RouteId::kSeedMysql && context_.info.path == AdmissionPath::kRedis) {
        return RefuseClaim(call, Problem::kInvalidRequest,
                           "coupons are admitted by redis here: ask on /coupons/issue/async");
    }
    const auto body =
        claim_parser_.Parse(request.body, seed ? ClaimBodyParser::Shape::kUserAndCoupon
                                               : ClaimBodyParser::Shape::kUser);
    if (!body) {
        return RefuseClaim(call, Problem::kInvalidRequest, body.error().detail, body.error().field);
    }
    return Submit(call, request,
                  {.kind = RequestKind::kClaim,
                   .coupon_id = seed ? body->coupon_id : CouponId{match.coupon_id},
                   .user_id = body->user_id,
                   .order_amount = {},
                   .tag = call.id.ToTag(),
                   .received_at = request.received_at});
}

Handling ClaimRoutes::Redeem(const Call& call, const Request& request, const RouteMatch& match) {
    if (ReadMediaType(request.content_type) != MediaType::kJson) {
        return responder_.SendProblem(call, Problem::kUnsupportedMediaType);
    }
    const auto order_amount = ParseRedemption(object_parser_, request.body);
    if (!order_amount) return responder_.SendError(call, order_amount.error());
    return Submit(call, request,
                  {.kind = RequestKind::kRedeem,
                   .coupon_id = CouponId{match.coupon_id},
                   .user_id = UserId{match.user_id},
                   .order_amount = *order_amount,
                   .tag = call.id.ToTag(),
                   .received_at = request.received_at});
}

Handling ClaimRoutes::UndoRedemption(const Call& call, const Request& request,
                                     const RouteMatch& match) {
    return Submit(call, request,
                  {.kind = RequestKind::kUndoRedemption,
                   .coupon_id = CouponId{match.coupon_id},
                   .user_id = UserId{match.user_id},
                   .order_amount = {},
                   .tag = call.id.ToTag(),
                   .received_at = request.received_at});
}

Handling ClaimRoutes::Submit(const Call& call, const Request& request, const UserRequest& wanted) {
    const Pending pending{call.id, call.route, request.received_at, wanted.order_amount};
    if (call.id.slot >= pending_.size()) pending_.resize(call.id.slot + std::size_t{1});
    pending_[call.id.slot] = pending;
    const auto reply = context_.admission.Submit(submitter_, wanted);
    if (!reply) return Handling::kPending;
    if (wanted.kind == RequestKind::kClaim) {
        metrics_.Count(reply->outcome, context_.clock.MonotonicNow() - pending.received_at);
    }
    Answer(pending, *reply);
    // A redemption made before is answered later, with what is in the ledger.
    return reply->outcome == Outcome::kAlreadyRedeemed ? Handling::kPending : Handling::kAnswered;
}

void ClaimRoutes::Deliver(std::span<const UserReply> replies) noexcept {
    bool first = false;
    {
        const MutexLock lock(mutex_);
        first = delivered_.empty();
        delivered_.insert(delivered_.end(), replies.begin(), replies.end());
    }
    if (first && !replies.empty()) responder_.Loop().Post([this] { AnswerDelivered(); });
}

void ClaimRoutes::AnswerDelivered() {
    answering_.clear();
    {
        const MutexLock lock(mutex_);
        std::swap(answering_, delivered_);
    }
    const MonotonicTime now = context_.clock.MonotonicNow();
    for (const UserReply& reply : answering_) {
        const ExchangeId id = ExchangeId::FromTag(reply.tag);
        CHECK(id.slot < pending_.size() && pending_[id.slot].id.generation == id.generation);
        const Pending pending = pending_[id.slot];
        if (reply.kind == RequestKind::kClaim) {
            metrics_.Count(reply.outcome, now - pending.received_at);
        }
        Answer(pending, reply);
    }
}

void ClaimRoutes::Answer(const Pending& pending, const UserReply& reply) {
    const Call call{pending.id, pending.route};
    if (reply.kind != RequestKind::kClaim) return AnswerRedemption(pending, reply);
    if (IsSeedRoute(pending.route)) return AnswerSeed(call, reply.outcome);
    AnswerClaim(call, reply);
}

void ClaimRoutes::AnswerClaim(const Call& call, const UserReply& reply) {
    if (reply.outcome == Outcome::kAdmitted) {
        std::string& body = responder_.Buffer();
        AppendClaim(body, {.coupon_id = reply.coupon_id,
                           .user_id = reply.user_id,
                           .sequence = reply.sequence,
                           .status = StatusOf(reply),
                           .issued_at = reply.issued_at});
        responder_.SendJson(call, 201, body, {});
        return;
    }
    if (reply.outcome == Outcome::kDuplicate) return AnswerDuplicate(call, reply);
    if (reply.outcome == Outcome::kNotOpen) return AnswerNotOpen(call, reply.coupon_id);
    const int status = TypeOf(ProblemOf(reply.outcome)).status;
    responder_.Send(call, status, kProblemType, v1_bodies_[static_cast<std::size_t>(reply.outcome)],
                    status == 503 ? kRetrySoon : std::string_view());
}

void ClaimRoutes::AnswerDuplicate(const Call& call, const UserReply& reply) {
    const ClaimView claim{.coupon_id = reply.coupon_id,
                          .user_id = reply.user_id,
                          .sequence = reply.sequence,
                          .status = StatusOf(reply),
                          .issued_at = reply.issued_at};
    // What is the same for all of them was made once.
    std::string& body = responder_.Buffer();
    body = v1_bodies_[static_cast<std::size_t>(Outcome::kDuplicate)];
    AppendClaimToProblem(body, claim);
    responder_.Send(call, TypeOf(Problem::kAlreadyClaimed).status, kProblemType, body, {});
}

void ClaimRoutes::AnswerNotOpen(const Call& call, CouponId coupon) {
    if (opens_coupon_ != coupon) {
        const auto view = context_.admission.Reader().FindCoupon(coupon);
        if (!view) {  // another process knows it
            responder_.SendProblem(call, Problem::kNotOpen, {}, kRetrySoon);
            return;
        }
        opens_coupon_ = coupon;
        opens_at_ = view->coupon.issue_start;
    }
    const auto wait = std::chrono::ceil<std::chrono::seconds>(opens_at_ - context_.clock.WallNow());
    const std::string retry =
        fmt::format("Retry-After: {}\r\n", std::max<std::int64_t>(wait.count(), 1));
    responder_.SendProblem(call, Problem::kNotOpen, {.opens_at = opens_at_}, retry);
}

void ClaimRoutes::AnswerSeed(const Call& call, Outcome outcome) {
    const int status = SeedStatusOf(outcome);
    if (status == 200) {
        responder_.Send(call, status, {}, {}, {});
        return;
    }
    responder_.SendJson(call, status, seed_bodies_[static_cast<std::size_t>(outcome)],
                        status == 503 ? kRetrySoon : std::string_view());
}

Handling ClaimRoutes::RefuseClaim(const Call& call, Problem problem, std::string_view detail,
                                  std::string_view field) {
    if (!IsSeedRoute(call.route)) {
        return responder_.SendProblem(call, problem, {.detail = detail, .field = field});
    }
    std::string& body = responder_.Buffer();
    AppendSeedError(body, detail.empty() ? TypeOf(problem).detail : detail);
    return responder_.SendJson(call, TypeOf(problem).status, body, {});
}

void ClaimRoutes::AnswerRedemption(const Pending& pending, const UserReply& reply) {
    const Call call{pending.id, pending.route};
    if (reply.outcome == Outcome::kAlreadyRedeemed) return AnswerAlreadyRedeemed(call, reply);
    if (!IsSuccess(reply.outcome)) {
        responder_.SendProblem(call, ProblemOf(reply.outcome));
        return;
    }
    ClaimView claim{.coupon_id = reply.coupon_id,
                    .user_id = reply.user_id,
                    .sequence = reply.sequence,
                    .status = ClaimStatus::kIssued,
                    .issued_at = reply.issued_at};
    if (reply.outcome == Outcome::kRedeemed) {
        claim.status = ClaimStatus::kRedeemed;
        claim.redemption =
            Redemption{reply.coupon_id, reply.sequence, pending.order_amount, reply.redeemed_at};
    }
    std::string& body = responder_.Buffer();
    AppendClaim(body, claim);
    responder_.SendJson(call, 200, body);
}

void ClaimRoutes::AnswerAlreadyRedeemed(const Call& call, const UserReply& reply) {
    const bool taken = QueryThenPost(
        context_.queries, QueryLength::kShort, responder_.Loop(),
        [reply](QueryStore& store) {
            return store.Lookup().FindClaim(reply.coupon_id, reply.user_id);
        },
        [this, call, reply](const Result<std::optional<admission::ClaimRecord>>& record) {
            ClaimView claim{.coupon_id = reply.coupon_id,
                            .user_id = reply.user_id,
                            .sequence = reply.sequence,
                            .status = ClaimStatus::kRedeemed,
                            .issued_at = reply.issued_at};
            if (record && *record) claim.redemption = (*record)->redemption;
            responder_.SendProblem(call, Problem::kAlreadyRedeemed, {.claim = &claim});
        });
    if (!taken) {
        responder_.Loop().Post(
            [this, call] { responder_.SendProblem(call, Problem::kOverloaded); });
    }
}

}  // namespace coupon::http::api
