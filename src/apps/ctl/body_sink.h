#pragma once

#include <functional>
#include <string_view>

#include "common/error.h"

namespace coupon::ctl {

/// Takes a streamed body piece by piece. An error ends the exchange and is handed back as it is.
using BodySink = std::function<Result<void>(std::string_view)>;

}  // namespace coupon::ctl
