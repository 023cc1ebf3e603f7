#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "admission/admission.h"
#include "admission/claim_lookup.h"
#include "http/api/api_context.h"
#include "http/api/json_object.h"
#include "http/api/query_string.h"
#include "http/api/responder.h"
#include "http/api/routes.h"
#include "http/exchange.h"

namespace coupon::http::api {

/// Coupons themselves and what users hold, for one loop. Confined to the loop's thread.
class CouponRoutes {
public:
    CouponRoutes(const ApiContext& context, Responder& responder)
        : context_(context), responder_(responder) {}

    Handling Create(const Call& call, const Request& request);
    Handling List(const Call& call, const Request& request);
    Handling Read(const Call& call, const RouteMatch& match);
    Handling Patch(const Call& call, const Request& request, const RouteMatch& match);
    Handling ChangeStock(const Call& call, const Request& request, const RouteMatch& match);

    /// Whether a user holds a coupon. 404 is said only while the admission knows everything that
    /// was admitted.
    Handling ClaimStatus(const Call& call, const RouteMatch& match);
    Handling UserCoupons(const Call& call, const Request& request, const RouteMatch& match);

private:
    /// What the log says of an operator's change.
    struct ChangeNote {
        std::string_view action;  ///< a literal
        std::int64_t coupon_id = 0;
        std::string detail;
    };

    Handling Apply(const Call& call, admission::OperatorChange change, ChangeNote note, int status);
    void AnswerChange(const Call& call, const Result<admission::CouponView>& view,
                      const ChangeNote& note, int status);
    void AnswerHoldings(const Call& call, UserId user,
                        std::span<const admission::ClaimRecord> claims, const PageQuery& page);
    void AnswerNoRecord(const Call& call, const Error& error);
    Handling RefuseNotJson(const Call& call) {
        return responder_.SendProblem(call, Problem::kUnsupportedMediaType);
    }

    const ApiContext& context_;
    Responder& responder_;
    JsonObjectParser parser_;
};

}  // namespace coupon::http::api
