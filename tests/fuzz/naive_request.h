#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace coupon::fuzz {

/// A request as RFC 9112 has it, read the slow and plain way: by splitting lines. Shares no code
/// with src/http/.
struct NaiveRequest {
    std::string_view method;
    std::string_view target;
    std::string_view path;
    std::string_view query;
    std::string_view body;
    std::string_view authorization;
    std::string_view content_type;
    bool http10 = false;
    std::size_t bytes = 0;  ///< of the whole message
};

/// The request at the start of `input`; nullopt, with the reason in `why`, for whatever a strict
/// reader must not take: lines that do not end in CRLF, control characters, a colon after a space,
/// folded lines, no or two Hosts, Transfer-Encoding, a Content-Length that is no plain number or is
/// there twice, limits crossed, a body cut short.
std::optional<NaiveRequest> ReadNaively(std::string_view input, std::string& why);

}  // namespace coupon::fuzz
