#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "common/clock.h"

namespace coupon::http {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPatch, kPut, kDelete, kOptions, kOther };

/// One parsed request. The views point into the connection's buffer and end with the handler's
/// call.
struct Request {
    Method method = Method::kOther;
    std::string_view path;  ///< before '?', undecoded
    std::string_view query;  ///< after '?', undecoded, may be empty
    std::string_view body;
    std::string_view content_type;
    std::string_view authorization;
    std::string_view origin;  ///< the page that a browser sends the request for
    MonotonicTime received_at;  ///< when its last byte was read
};

/// Names an exchange that is to be answered later. It travels as UserRequest::tag.
struct ExchangeId {
    std::uint32_t slot = 0;
    std::uint32_t generation = 0;

    std::uint64_t ToTag() const { return (std::uint64_t{generation} << 32) | slot; }
    static ExchangeId FromTag(std::uint64_t tag) {
        return {static_cast<std::uint32_t>(tag), static_cast<std::uint32_t>(tag >> 32)};
    }
};
static_assert(std::is_trivially_copyable_v<ExchangeId> &&
              sizeof(ExchangeId) == sizeof(std::uint64_t));

/// Produces a long body piece by piece. Called on the loop's thread; `next` is called once per
/// Next, from any thread, with the next piece (empty = the end) or with ok=false (the connection is
/// cut, so that nobody takes half a list for the whole).
class BodyStream {
public:
    using Piece = std::function<void(bool ok, std::string piece)>;
    virtual ~BodyStream() = default;
    virtual void Next(Piece next) = 0;
};

/// An answer. `extra_headers` holds complete lines, each ending in CRLF.
struct Response {
    int status = 200;
    std::string_view content_type;  ///< must outlive the call; empty = no Content-Type line
    std::string_view extra_headers;
    std::string_view body;
    bool close = false;
    std::uint16_t route = 0;  ///< index of the route template, for the metrics
    /// When set, body is ignored; chunked on HTTP/1.1, until the connection's end on 1.0.
    std::unique_ptr<BodyStream> stream = nullptr;
};

/// What a handler did with a request.
enum class Handling { kAnswered, kPending };

class EventLoop;

/// The application behind one event loop: one object a loop, called on that loop's thread only.
class Handler {
public:
    virtual ~Handler() = default;
    /// Either calls loop.Respond(id, ...) before it returns (kAnswered) or sees to it that
    /// loop.Respond is called later, on this loop's thread, exactly once (kPending). A client that
    /// has gone does not change that.
    virtual Handling OnRequest(EventLoop& loop, ExchangeId id, const Request& request) = 0;
    /// A request that was refused before it reached OnRequest (framing, limits): the body to send
    /// with `status`. `code` is a stable word: "malformed_request", "header_too_large", ...
    virtual std::string RefusalBody(int status, std::string_view code, std::string_view detail) = 0;
};

}  // namespace coupon::http
