#pragma once

#include <cstdint>
#include <string_view>

#include "http/exchange.h"

namespace coupon::http::api {

enum class MediaType : std::uint8_t {
    kMissing,       ///< no Content-Type
    kJson,          ///< application/json, whatever its parameters but a charset other than UTF-8
    kOtherCharset,  ///< application/json in another charset
    kOther,
};

/// What a Content-Type line says of a body. Allocates nothing; any thread.
MediaType ReadMediaType(std::string_view content_type);

/// Whether a call that says everything in its path may be acted on. As for a coupon's changes, a
/// browser must have asked before it sends JSON; one that has not names the page's origin all the
/// same. Anybody else may leave the type out where there is no body. Any thread.
bool MayAct(const Request& request);

}  // namespace coupon::http::api
