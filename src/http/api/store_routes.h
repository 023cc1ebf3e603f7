#pragma once

#include "http/api/api_context.h"
#include "http/api/json_object.h"
#include "http/api/query_string.h"
#include "http/api/responder.h"
#include "http/api/routes.h"
#include "http/exchange.h"

namespace coupon::http::api {

/// What an operator asks of the store itself: the winners' list, a copy, an audit. Confined to the
/// loop's thread.
class StoreRoutes {
public:
    StoreRoutes(const ApiContext& context, Responder& responder)
        : context_(context), responder_(responder) {}

    /// Every issuance that was in the ledger when the call came.
    Handling Issuances(const Call& call, const Request& request, const RouteMatch& match);
    Handling Backup(const Call& call, const Request& request);
    Handling Audit(const Call& call);

private:
    void SendIssuances(const Call& call, const admission::CouponView& view, ExportFormat format);

    const ApiContext& context_;
    Responder& responder_;
    JsonObjectParser parser_;
};

}  // namespace coupon::http::api
