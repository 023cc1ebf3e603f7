#include "http/api/routes.h"

#include <array>

#include "common/check.h"
#include "common/parse_number.h"

namespace coupon::http::api {
namespace {

constexpr std::array kRoutes = {
    Route{RouteId::kIndex, Method::kGet, "/", Role::kPublic},
    Route{RouteId::kTime, Method::kGet, "/v1/time", Role::kPublic},
    Route{RouteId::kSeedAsync, Method::kPost, "/coupons/issue/async", Role::kPublic},
    Route{RouteId::kSeedAsyncV1, Method::kPost, "/coupons/issue/async/v1", Role::kPublic},
    Route{RouteId::kSeedAsyncV2, Method::kPost, "/coupons/issue/async/v2", Role::kPublic},
    Route{RouteId::kSeedMysql, Method::kPost, "/coupons/issue/mysql", Role::kPublic},
    Route{RouteId::kClaim, Method::kPost, "/v1/coupons/{id}/claims", Role::kPublic},
    Route{RouteId::kClaimStatus, Method::kGet, "/v1/coupons/{id}/claims/{userId}", Role::kPublic},
    Route{RouteId::kUserCoupons, Method::kGet, "/v1/users/{userId}/coupons", Role::kService},
    Route{RouteId::kRedeem, Method::kPost, "/v1/coupons/{id}/claims/{userId}/redemption",
          Role::kService},
    Route{RouteId::kUndoRedemption, Method::kDelete, "/v1/coupons/{id}/claims/{userId}/redemption",
          Role::kService},
    Route{RouteId::kCreateCoupon, Method::kPost, "/v1/coupons", Role::kOperator},
    Route{RouteId::kListCoupons, Method::kGet, "/v1/coupons", Role::kPublic},
    Route{RouteId::kReadCoupon, Method::kGet, "/v1/coupons/{id}", Role::kPublic},
    Route{RouteId::kPatchCoupon, Method::kPatch, "/v1/coupons/{id}", Role::kOperator},
    Route{RouteId::kChangeStock, Method::kPost, "/v1/coupons/{id}/stock", Role::kOperator},
    Route{RouteId::kIssuances, Method::kGet, "/v1/coupons/{id}/issuances", Role::kOperator},
    Route{RouteId::kBackup, Method::kPost, "/v1/backup", Role::kOperator},
    Route{RouteId::kAudit, Method::kGet, "/v1/audit", Role::kOperator},
    Route{RouteId::kRebuild, Method::kPost, "/v1/coupons/{id}/rebuild", Role::kOperator},
    Route{RouteId::kListDeadLetters, Method::kGet, "/v1/dead-letters", Role::kOperator},
    Route{RouteId::kReadDeadLetter, Method::kGet, "/v1/dead-letters/{id}", Role::kOperator},
    Route{RouteId::kRetryDeadLetter, Method::kPost, "/v1/dead-letters/{id}/retry", Role::kOperator},
    Route{RouteId::kDropDeadLetter, Method::kDelete, "/v1/dead-letters/{id}", Role::kOperator},
    Route{RouteId::kHealth, Method::kGet, "/actuator/health", Role::kPublic},
    Route{RouteId::kLiveness, Method::kGet, "/actuator/health/liveness", Role::kPublic},
    Route{RouteId::kReadiness, Method::kGet, "/actuator/health/readiness", Role::kPublic},
    Route{RouteId::kLivez, Method::kGet, "/livez", Role::kPublic},
    Route{RouteId::kReadyz, Method::kGet, "/readyz", Role::kPublic},
    Route{RouteId::kInfo, Method::kGet, "/actuator/info", Role::kPublic},
    Route{RouteId::kPrometheus, Method::kGet, "/actuator/prometheus", Role::kPublic},
    Route{RouteId::kMetrics, Method::kGet, "/metrics", Role::kPublic},
    Route{RouteId::kOpenApi, Method::kGet, "/openapi.yaml", Role::kPublic},
};
constexpr std::size_t kFirstRoute = static_cast<std::size_t>(RouteId::kIndex);
static_assert(kRoutes.size() + kFirstRoute == kRouteCount);
static_assert([] {
    for (std::size_t i = 0; i < kRoutes.size(); ++i) {
        if (static_cast<std::size_t>(kRoutes[i].id) != i + kFirstRoute) return false;
    }
    return true;
}());

constexpr std::string_view kCouponsPrefix = "/v1/coupons/";
constexpr std::string_view kSeedPrefix = "/coupons/issue/";

/// Takes the text up to the next '/' off `path`, which starts with one.
std::string_view TakeSegment(std::string_view& path) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

/// Whether the path has the template's form; numbers are read into `match`, the first bad one is
/// named in it.
bool Matches(std::string_view path_template, std::string_view path, RouteMatch& match) {
    match.bad_parameter = {};
    while (!path_template.empty() && !path.empty()) {
        if (path.front() != '/') return false;
        const std::string_view wanted = TakeSegment(path_template);
        const std::string_view given = TakeSegment(path);
        if (!wanted.starts_with('{')) {
            if (wanted != given) return false;
            continue;
        }
        const std::string_view name = wanted.substr(1, wanted.size() - 2);
        const auto number = ParseId(given);
        if (!number && match.bad_parameter.empty()) match.bad_parameter = name;
        (name == "id" ? match.coupon_id : match.user_id) = number.value_or(0);
    }
    return path_template.empty() && path.empty();
}

/// POST of a claim, the path that has to be fast.
std::optional<RouteMatch> FindClaim(std::string_view path) {
    const auto found = [](RouteId id, std::int64_t coupon) {
        return RouteMatch{.kind = RouteMatch::Kind::kFound, .id = id, .coupon_id = coupon};
    };
    if (path.starts_with(kCouponsPrefix)) {
        const std::string_view rest = path.substr(kCouponsPrefix.size());
        const std::size_t slash = rest.find('/');
        if (slash == std::string_view::npos || rest.substr(slash) != "/claims") return std::nullopt;
        const auto coupon = ParseId(rest.substr(0, slash));
        if (!coupon) return std::nullopt;
        return found(RouteId::kClaim, *coupon);
    }
    if (path.starts_with(kSeedPrefix)) {
        const std::string_view rest = path.substr(kSeedPrefix.size());
        if (rest == "async") return found(RouteId::kSeedAsync, 0);
        if (rest == "async/v1") return found(RouteId::kSeedAsyncV1, 0);
        if (rest == "async/v2") return found(RouteId::kSeedAsyncV2, 0);
        if (rest == "mysql") return found(RouteId::kSeedMysql, 0);
    }
    return std::nullopt;
}

void AddAllowed(std::string& allow, Method method) {
    allow += ToString(method);
    allow += method == Method::kGet ? ", HEAD, " : ", ";
}

RouteMatch FindAnyRoute(Method method, std::string_view path) {
    RouteMatch match;
    std::string allow;
    for (const Route& route : kRoutes) {
        RouteMatch candidate;
        if (!Matches(route.path, path, candidate)) continue;
        if (route.method != (method == Method::kHead ? Method::kGet : method)) {
            AddAllowed(allow, route.method);
            continue;
        }
        candidate.kind = candidate.bad_parameter.empty() ? RouteMatch::Kind::kFound
                                                         : RouteMatch::Kind::kBadParameter;
        candidate.id = route.id;
        candidate.role = route.role;
        return candidate;
    }
    if (allow.empty()) return match;
    const bool options = method == Method::kOptions;
    match.kind = options ? RouteMatch::Kind::kOptions : RouteMatch::Kind::kMethodNotAllowed;
    match.id = options ? RouteId::kOptions : RouteId::kUnmatched;
    match.allow = allow + "OPTIONS";
    return match;
}

}  // namespace

std::span<const Route> Routes() { return kRoutes; }

std::string_view ToString(Method method) {
    switch (method) {
        case Method::kGet: return "GET";
        case Method::kHead: return "HEAD";
        case Method::kPost: return "POST";
        case Method::kPatch: return "PATCH";
        case Method::kPut: return "PUT";
        case Method::kDelete: return "DELETE";
        case Method::kOptions: return "OPTIONS";
        case Method::kOther: return "OTHER";
    }
    return "OTHER";
}

RouteLabel LabelOf(RouteId id) {
    if (id == RouteId::kUnmatched) return {ToString(Method::kOther), "NOT_FOUND"};
    if (id == RouteId::kOptions) return {ToString(Method::kOptions), "/**"};
    const std::size_t index = static_cast<std::size_t>(id) - kFirstRoute;
    CHECK(index < kRoutes.size());
    return {ToString(kRoutes[index].method), kRoutes[index].path};
}

RouteMatch FindRoute(Method method, std::string_view path) {
    if (method == Method::kPost) {
        if (auto claim = FindClaim(path)) return *std::move(claim);
    }
    return FindAnyRoute(method, path);
}

std::optional<std::int64_t> ParseId(std::string_view text) {
    if (text.empty() || text.front() < '1' || text.front() > '9') return std::nullopt;
    return ParseWhole<std::int64_t>(text);
}

}  // namespace coupon::http::api
