#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/error.h"

namespace coupon::ctl {

inline constexpr std::uint16_t kHttpPortDefault = 80;

/// Where the service is: http://host[:port][/prefix].
struct Url {
    std::string host;  ///< a name, IPv4, or IPv6 without its brackets
    std::uint16_t port = kHttpPortDefault;
    std::string prefix;  ///< "" or "/shop": set before every path, without a slash at its end

    /// "127.0.0.1:8080", "[::1]:8080": the Host header.
    std::string Authority() const;
    std::string ToString() const;

    bool operator==(const Url&) const = default;
};

/// Errors: kInvalidArgument, field "--url": another scheme than http (https names the way out),
/// user names, queries, fragments, and whatever could break out of a request line. Pure; any
/// thread.
Result<Url> ParseUrl(std::string_view text);

}  // namespace coupon::ctl
