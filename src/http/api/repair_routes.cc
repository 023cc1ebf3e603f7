#include "http/api/repair_routes.h"

#include <string>
#include <vector>

#include "http/api/media_type.h"
#include "http/api/operator_body.h"
#include "http/api/query_string.h"
#include "http/api/repair_json.h"

namespace coupon::http::api {

bool RepairRoutes::MayGoOn(const Call& call, const Request& request) {
    if (!MayAct(request)) {
        responder_.SendProblem(call, Problem::kUnsupportedMediaType);
        return false;
    }
    if (auto nothing = ParseNothing(parser_, request.body); !nothing) {
        responder_.SendError(call, nothing.error());
        return false;
    }
    return true;
}

void RepairRoutes::Log(std::string_view action, std::int64_t id, const Error* error) {
    const std::string_view who = context_.authorizer.OperatorName();
    if (error == nullptr) {
        context_.log.Info("repaired", {{"by", who}, {"action", action}, {"id", id}});
    } else if (error->code != ErrorCode::kNotSupported) {
        context_.log.Warning(
            "repair refused",
            {{"by", who}, {"action", action}, {"id", id}, {"why", Describe(*error)}});
    }
}

Handling RepairRoutes::Rebuild(const Call& call, const Request& request, const RouteMatch& match) {
    if (!MayGoOn(call, request)) return Handling::kAnswered;
    const CouponId coupon{match.coupon_id};
    return responder_.AnswerFromStore(
        call, context_.queries, QueryLength::kLong,
        [coupon](QueryStore& store) { return store.Operator().Rebuild(coupon); },
        [this, call, coupon](const Result<RebuiltCoupon>& rebuilt) {
            Log("rebuild", coupon.value, rebuilt ? nullptr : &rebuilt.error());
            if (!rebuilt) {
                responder_.SendError(call, rebuilt.error());
                return;
            }
            std::string& body = responder_.Buffer();
            AppendRebuilt(body, *rebuilt);
            responder_.SendJson(call, 200, body);
        });
}

Handling RepairRoutes::ListDeadLetters(const Call& call, const Request& request) {
    const auto wanted = ParseDeadLetterQuery(request.query);
    if (!wanted) return responder_.SendError(call, wanted.error());
    return responder_.AnswerFromStore(
        call, context_.queries, QueryLength::kShort,
        // One more than asked for tells whether there is a next page.
        [query = *wanted](QueryStore& store) mutable {
            ++query.limit;
            return store.Operator().DeadLetters(query);
        },
        [this, call, limit = wanted->limit](Result<std::vector<ledger::DeadLetter>> letters) {
            if (!letters) {
                responder_.SendError(call, letters.error());
                return;
            }
            const bool more = letters->size() > limit;
            if (more) letters->resize(limit);
            std::string& body = responder_.Buffer();
            AppendDeadLetterPage(body, *letters,
                                 more ? std::optional(letters->back().id) : std::nullopt);
            responder_.SendJson(call, 200, body);
        });
}

Handling RepairRoutes::ReadDeadLetter(const Call& call, const RouteMatch& match) {
    return OnLetter(call, &OperatorStore::FindDeadLetter, match.coupon_id, {});
}

Handling RepairRoutes::RetryDeadLetter(const Call& call, const Request& request,
                                       const RouteMatch& match) {
    if (!MayGoOn(call, request)) return Handling::kAnswered;
    return OnLetter(call, &OperatorStore::RetryDeadLetter, match.coupon_id, "retry dead letter");
}

Handling RepairRoutes::DropDeadLetter(const Call& call, const RouteMatch& match) {
    return OnLetter(call, &OperatorStore::DropDeadLetter, match.coupon_id, "drop dead letter");
}

Handling RepairRoutes::OnLetter(const Call& call, LetterFunction function, std::int64_t id,
                                std::string_view action) {
    return responder_.AnswerFromStore(
        call, context_.queries, QueryLength::kShort,
        [function, id](QueryStore& store) { return (store.Operator().*function)(id); },
        [this, call, id, action](const Result<ledger::DeadLetter>& letter) {
            if (!action.empty()) Log(action, id, letter ? nullptr : &letter.error());
            if (!letter) {
                SendLetterError(call, letter.error());
                return;
            }
            std::string& body = responder_.Buffer();
            AppendDeadLetter(body, *letter);
            responder_.SendJson(call, 200, body);
        });
}

void RepairRoutes::SendLetterError(const Call& call, const Error& error) {
    if (error.code == ErrorCode::kNotFound) {
        responder_.SendProblem(call, Problem::kUnknownDeadLetter, {}, kNoStore);
        return;
    }
    responder_.SendError(call, error);
}

}  // namespace coupon::http::api
