#pragma once

#include <chrono>
#include <string_view>

#include "load/load_options.h"

namespace coupon::load {

/// A class from a command line: "hot:coupon=1,rate=40000,connections=256".
///
/// coupon=ID, FIRST..LAST (at most limits::kCouponsMax, each of them) or one of these with *WEIGHT
/// (of each; repeatable; default 1),
/// connections=N (64), rate=N a second for `duration`, or phases=... as Schedule::Parse; with
/// neither a closed loop for `duration`.
/// users=FIRST.. (each once, no end; default 1..), FIRST..LAST (each once, then the class ends),
/// repeat:FIRST..LAST (over and over). Errors: kInvalidArgument, the field is the key. Pure.
Result<ClassOptions> ParseClass(std::string_view text, std::chrono::nanoseconds duration,
                                std::string_view host);

}  // namespace coupon::load
