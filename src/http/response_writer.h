#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "http/exchange.h"

namespace coupon::http {

/// The Date line of an answer, made anew when the second changes. Confined to one thread.
class DateLine {
public:
    /// "Date: Mon, 23 Nov 2026 11:00:00 GMT\r\n" of the last Update.
    std::string_view Text() const { return text_; }
    /// Cheap when the second is the same.
    void Update(std::chrono::sys_seconds now);

private:
    std::string text_;
    std::chrono::sys_seconds second_{std::chrono::seconds{-1}};
};

/// How the end of an answer's body is told.
enum class BodyFraming {
    kLength,    ///< Content-Length, then the body
    kHeadOnly,  ///< the lines of kLength, no body
    kChunked,   ///< chunks follow
    kClose      ///< the end of the connection is the end of the body
};

/// Appends the status line, the header and with kLength the body. `close` adds "Connection: close".
/// 204 and 304 get neither Content-Length nor body. "Cache-Control: no-store" stands unless
/// extra_headers say otherwise.
void AppendResponse(std::string& out, const Response& response, BodyFraming framing, bool close,
                    std::string_view date_line);

/// One chunk of the chunked coding; `piece` must not be empty (that would be the end).
void AppendChunk(std::string& out, std::string_view piece);
/// The end of a chunked body.
void AppendLastChunk(std::string& out);

}  // namespace coupon::http
