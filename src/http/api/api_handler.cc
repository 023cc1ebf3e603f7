#include "http/api/api_handler.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "common/limits.h"
#include "http/api/coupon_json.h"

namespace coupon::http::api {

ApiHandler::ApiHandler(const ApiContext& context, EventLoop& loop)
    : context_(context),
      responder_(loop),
      claims_(context, responder_, loop),
      coupons_(context, responder_),
      store_(context, responder_),
      repairs_(context, responder_),
      service_(context, responder_),
      refused_log_(std::chrono::seconds(1)) {}

Handling ApiHandler::OnRequest(EventLoop&, ExchangeId id, const Request& request) {
    const RouteMatch match = FindRoute(request.method, request.path);
    const Call call{id, match.id};
    // Who may not ask is not told whether the numbers in the path were good.
    if (match.role != Role::kPublic) {
        const Access access = context_.authorizer.Check(match.role, request.authorization);
        if (access != Access::kGranted) return RefuseAccess(call, request, access);
    }
    if (match.kind != RouteMatch::Kind::kFound) return Refuse(call, match);
    return Dispatch(call, request, match);
}

Handling ApiHandler::Dispatch(const Call& call, const Request& request, const RouteMatch& match) {
    switch (match.id) {
        case RouteId::kClaim:
        case RouteId::kSeedAsync:
        case RouteId::kSeedAsyncV1:
        case RouteId::kSeedAsyncV2:
        case RouteId::kSeedMysql: return claims_.Claim(call, request, match);
        case RouteId::kRedeem: return claims_.Redeem(call, request, match);
        case RouteId::kUndoRedemption: return claims_.UndoRedemption(call, request, match);
        case RouteId::kClaimStatus: return coupons_.ClaimStatus(call, match);
        case RouteId::kUserCoupons: return coupons_.UserCoupons(call, request, match);
        case RouteId::kCreateCoupon: return coupons_.Create(call, request);
        case RouteId::kListCoupons: return coupons_.List(call, request);
        case RouteId::kReadCoupon: return coupons_.Read(call, match);
        case RouteId::kPatchCoupon: return coupons_.Patch(call, request, match);
        case RouteId::kChangeStock: return coupons_.ChangeStock(call, request, match);
        case RouteId::kIssuances: return store_.Issuances(call, request, match);
        case RouteId::kBackup: return store_.Backup(call, request);
        case RouteId::kAudit: return store_.Audit(call);
        case RouteId::kRebuild: return repairs_.Rebuild(call, request, match);
        case RouteId::kListDeadLetters: return repairs_.ListDeadLetters(call, request);
        case RouteId::kReadDeadLetter: return repairs_.ReadDeadLetter(call, match);
        case RouteId::kRetryDeadLetter: return repairs_.RetryDeadLetter(call, request, match);
        case RouteId::kDropDeadLetter: return repairs_.DropDeadLetter(call, match);
        case RouteId::kIndex: return service_.Index(call);
        case RouteId::kTime: return service_.Time(call);
        case RouteId::kLiveness:
        case RouteId::kLivez: return service_.Liveness(call);
        case RouteId::kHealth:
        case RouteId::kReadiness:
        case RouteId::kReadyz: return service_.Readiness(call);
        case RouteId::kInfo: return service_.Info(call);
        case RouteId::kPrometheus:
        case RouteId::kMetrics: return service_.Metrics(call);
        case RouteId::kOpenApi: return service_.OpenApi(call);
        case RouteId::kUnmatched:
        case RouteId::kOptions: break;
    }
    return responder_.SendProblem(call, Problem::kInternal);
}

Handling ApiHandler::Refuse(const Call& call, const RouteMatch& match) {
    const std::string allow = fmt::format("Allow: {}\r\n", match.allow);
    switch (match.kind) {
        case RouteMatch::Kind::kOptions: return responder_.Send(call, 204, {}, {}, allow);
        case RouteMatch::Kind::kMethodNotAllowed:
            return responder_.SendProblem(call, Problem::kMethodNotAllowed, {}, allow);
        case RouteMatch::Kind::kBadParameter: {
            const std::string detail = fmt::format("{} in the path must be an integer from 1 to {}",
                                                   match.bad_parameter, limits::kIdMax);
            return responder_.SendProblem(call, Problem::kInvalidRequest,
                                          {.detail = detail, .field = match.bad_parameter});
        }
        case RouteMatch::Kind::kNotFound:
        case RouteMatch::Kind::kFound: break;
    }
    return responder_.SendProblem(call, Problem::kNotFound);
}

Handling ApiHandler::RefuseAccess(const Call& call, const Request& request, Access access) {
    if (const auto skipped = refused_log_.Allow(context_.clock.MonotonicNow())) {
        context_.log.Warning("call refused", {{"method", ToString(request.method)},
                                              {"route", LabelOf(call.route).uri},
                                              {"token", access == Access::kNoToken     ? "none"
                                                        : access == Access::kForbidden ? "service"
                                                                                       : "wrong"},
                                              {"skipped", *skipped}});
    }
    switch (access) {
        case Access::kForbidden: return responder_.SendProblem(call, Problem::kForbidden);
        case Access::kWrongToken:
            return responder_.SendProblem(call, Problem::kUnauthorized, {},
                                          "WWW-Authenticate: Bearer error=\"invalid_token\"\r\n");
        case Access::kNoToken:
        case Access::kGranted: break;
    }
    return responder_.SendProblem(call, Problem::kUnauthorized, {}, "WWW-Authenticate: Bearer\r\n");
}

std::string ApiHandler::RefusalBody(int status, std::string_view code, std::string_view detail) {
    std::string body;
    AppendRefusal(body, status, code, detail);
    return body;
}

HandlerFactory MakeHandlerFactory(const ApiContext& context) {
    return [&context](EventLoop& loop) { return std::make_unique<ApiHandler>(context, loop); };
}

}  // namespace coupon::http::api
