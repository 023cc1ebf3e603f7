#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "apps/ctl/body_sink.h"
#include "apps/ctl/url.h"
#include "common/error.h"

namespace coupon::ctl {

enum class Verb { kGet, kPost, kPatch, kDelete };

struct HttpRequest {
    Verb verb = Verb::kGet;
    std::string path;       ///< "/v1/coupons?limit=10": begins with a slash, already escaped
    std::string body = {};  ///< JSON; empty = none
};

struct HttpAnswer {
    int status = 0;
    std::string content_type;
    std::string retry_after;  ///< as sent; empty = none
    std::string body;         ///< empty when it went to a sink
};

/// One request, one connection; nothing is repeated by itself and no redirect is followed.
/// Blocking. Confined to one thread at a time.
class HttpClient {
public:
    /// `bearer_token` empty: no Authorization header.
    HttpClient(Url url, std::string bearer_token);

    /// `timeout` bounds each wait: to connect, to send, for the answer's head and for every next
    /// piece of its body. (A name is looked up within the resolver's own limits.) With a `sink` the
    /// body of a 200 goes there; any other body is collected. Errors: kUnavailable with applied kNo
    /// when nothing was sent, with kUnknown afterwards: time-out, a cut connection or body, an
    /// answer that is not HTTP, too large, or that does not say where it ends.
    Result<HttpAnswer> Send(const HttpRequest& request, std::chrono::milliseconds timeout,
                            const BodySink& sink = {});

    const Url& Target() const { return url_; }

private:
    const Url url_;
    const std::string bearer_token_;
};

}  // namespace coupon::ctl
