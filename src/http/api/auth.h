#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "common/secret.h"
#include "http/api/routes.h"

namespace coupon::http::api {

enum class Access : std::uint8_t {
    kGranted,
    kNoToken,     ///< 401
    kWrongToken,  ///< 401
    kForbidden,   ///< 403: a good token for something else
};

/// What each role has to show; absent = nothing.
struct Tokens {
    std::optional<Secret> operator_token;
    std::optional<Secret> service_token;
};

/// Who may do what. A role whose token is not configured is open to everybody (profile `local`; the
/// configuration refuses that elsewhere). Immutable; any thread.
class Authorizer {
public:
    explicit Authorizer(Tokens tokens) : tokens_(std::move(tokens)) {}

    /// `authorization` is the header's value, empty when there is none.
    Access Check(Role role, std::string_view authorization) const;
    /// "operator" when a token vouches for operator calls, else "local": who, in the log of
    /// changes.
    std::string_view OperatorName() const { return tokens_.operator_token ? "operator" : "local"; }

private:
    const Tokens tokens_;
};

}  // namespace coupon::http::api
