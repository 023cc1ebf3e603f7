#pragma once

#include <cstdint>
#include <string_view>

namespace coupon::http::api {

enum class MediaType : std::uint8_t {
    kMissing,       ///< no Content-Type
    kJson,          ///< application/json, whatever its parameters but a charset other than UTF-8
    kOtherCharset,  ///< application/json in another charset
    kOther,
};

/// What a Content-Type line says of a body. Allocates nothing; any thread.
MediaType ReadMediaType(std::string_view content_type);

}  // namespace coupon::http::api
