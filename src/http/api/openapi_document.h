#pragma once

#include <string_view>

namespace coupon::http::api {

/// docs/openapi.yaml as it was when this program was built. Any thread.
std::string_view OpenApiDocument();

}  // namespace coupon::http::api
