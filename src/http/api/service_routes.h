#pragma once

#include <optional>
#include <string>

#include "http/api/api_context.h"
#include "http/api/responder.h"
#include "http/exchange.h"

namespace coupon::http::api {

/// What the service says of itself: health, info, metrics, its description, the time. Confined to
/// the loop's thread.
class ServiceRoutes {
public:
    ServiceRoutes(const ApiContext& context, Responder& responder);

    Handling Index(const Call& call);
    Handling Time(const Call& call);
    /// UP as long as the loop answers.
    Handling Liveness(const Call& call);
    /// 503 while the service drains, cannot decide, or says that it is not ready.
    Handling Readiness(const Call& call);
    Handling Info(const Call& call);
    /// Rendered on the query pool: the loop goes on meanwhile.
    Handling Metrics(const Call& call);
    Handling OpenApi(const Call& call);

private:
    std::optional<std::string> NotReady() const;

    const ApiContext& context_;
    Responder& responder_;
    std::string index_;
    std::string info_;
};

}  // namespace coupon::http::api
