#include "http/api/auth.h"

namespace coupon::http::api {

Access Authorizer::Check(Role role, std::string_view authorization) const {
    if (role == Role::kPublic) return Access::kGranted;
    const auto& needed = role == Role::kOperator ? tokens_.operator_token : tokens_.service_token;
    if (!needed) return Access::kGranted;
    const std::string_view token = BearerToken(authorization);
    if (token.empty()) return Access::kNoToken;
    // Both are compared whatever the first says: the time tells nothing.
    const bool is_operator = tokens_.operator_token && tokens_.operator_token->Matches(token);
    const bool is_service = tokens_.service_token && tokens_.service_token->Matches(token);
    if (is_operator || (is_service && role == Role::kService)) return Access::kGranted;
    return is_service ? Access::kForbidden : Access::kWrongToken;
}

}  // namespace coupon::http::api
