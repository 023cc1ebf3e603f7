#pragma once

#include <string>
#include <string_view>

#include "http/api/api_context.h"
#include "http/api/claim_routes.h"
#include "http/api/coupon_routes.h"
#include "http/api/repair_routes.h"
#include "http/api/responder.h"
#include "http/api/service_routes.h"
#include "http/api/store_routes.h"
#include "http/exchange.h"
#include "http/server.h"

namespace coupon::http::api {

/// The API behind one event loop: finds the route, checks who asks, hands on. Confined to the
/// loop's thread.
class ApiHandler final : public Handler {
public:
    /// Registers the loop with the admission. `context` must outlive it.
    ApiHandler(const ApiContext& context, EventLoop& loop);

    Handling OnRequest(EventLoop& loop, ExchangeId id, const Request& request) override;
    std::string RefusalBody(int status, std::string_view code, std::string_view detail) override;

private:
    Handling Dispatch(const Call& call, const Request& request, const RouteMatch& match);
    Handling Refuse(const Call& call, const RouteMatch& match);
    Handling RefuseAccess(const Call& call, const Request& request, Access access);

    const ApiContext& context_;
    Responder responder_;
    ClaimRoutes claims_;
    CouponRoutes coupons_;
    StoreRoutes store_;
    RepairRoutes repairs_;
    ServiceRoutes service_;
    LogLimiter refused_log_;
};

/// For http::Server; set ServerOptions::route_count to kRouteCount. `context` must outlive the
/// server. Order of a stop: QueryPool::BreakOffLongQueries, Server::Drain, Admission::Drain until
/// it is true, QueryPool::Stop, and only then the server's destructor, because replies and results
/// are posted to its loops.
HandlerFactory MakeHandlerFactory(const ApiContext& context);

}  // namespace coupon::http::api
