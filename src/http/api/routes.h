#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/exchange.h"

namespace coupon::http::api {

/// Who may call a route. An operator may do what the shop's service may.
enum class Role : std::uint8_t { kPublic, kService, kOperator };

/// What a request asks for; its number is Response::route; LabelOf gives its labels.
enum class RouteId : std::uint16_t {
    kUnmatched,  ///< no such path, a method it does not have, or refused by the transport
    kOptions,
    kIndex,
    kTime,
    // The seed: the service whose API this one keeps (README, Calls).
    kSeedAsync,
    kSeedAsyncV1,
    kSeedAsyncV2,
    kSeedMysql,
    kClaim,
    kClaimStatus,
    kUserCoupons,
    kRedeem,
    kUndoRedemption,
    kCreateCoupon,
    kListCoupons,
    kReadCoupon,
    kPatchCoupon,
    kChangeStock,
    kIssuances,
    kBackup,
    kAudit,
    kRebuild,
    kListDeadLetters,
    kReadDeadLetter,
    kRetryDeadLetter,
    kDropDeadLetter,
    kHealth,
    kLiveness,
    kReadiness,
    kLivez,
    kReadyz,
    kInfo,
    kPrometheus,
    kMetrics,
    kOpenApi,
};
inline constexpr std::size_t kRouteCount = static_cast<std::size_t>(RouteId::kOpenApi) + 1;

/// One line of the table: everything the service answers. HEAD is served wherever GET is, OPTIONS
/// everywhere.
struct Route {
    RouteId id;
    Method method;
    std::string_view path;  ///< "{id}" and "{userId}" stand for numbers from 1 to 2^63-1
    Role role;
};
std::span<const Route> Routes();

/// The labels of http_server_requests_seconds, by RouteId.
struct RouteLabel {
    std::string_view method;
    std::string_view uri;
};
RouteLabel LabelOf(RouteId id);

std::string_view ToString(Method method);

/// Where a request belongs.
struct RouteMatch {
    enum class Kind : std::uint8_t {
        kFound,
        kNotFound,
        kMethodNotAllowed,
        kOptions,
        kBadParameter
    };

    Kind kind = Kind::kNotFound;
    RouteId id = RouteId::kUnmatched;
    Role role = Role::kPublic;
    std::int64_t coupon_id = 0;  ///< {id}: of a coupon, or of what the path is about
    std::int64_t user_id = 0;  ///< {userId}
    std::string_view bad_parameter = {};  ///< kBadParameter: "id" or "userId"
    std::string allow = {};  ///< kMethodNotAllowed, kOptions: "GET, HEAD, OPTIONS"
};

/// `path` is undecoded and without the query. Claims are found first; nothing is allocated for
/// them. Any thread.
RouteMatch FindRoute(Method method, std::string_view path);

/// 1 to 2^63-1 in decimal digits, without sign and leading zeros. Any thread.
std::optional<std::int64_t> ParseId(std::string_view text);

}  // namespace coupon::http::api
