#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/exchange.h"
#include "http/transport_stats.h"

namespace coupon::http {

/// Why a request is not handed to the handler: the status to answer, the counter, and a sentence
/// for the caller.
struct Refusal {
    int status = 400;
    TransportEvent event = TransportEvent::kMalformedRequest;
    std::string_view detail;  ///< a literal
};

/// Frames and parses one request at a time. No I/O, no clock, no allocation; Beast's basic_parser
/// reads the header once it is complete, this class holds what Beast 1.81 does not: the limits, and
/// every framing rule whose laxness would let a proxy in front and this server disagree about where
/// a request ends. Confined to one thread. After kRefused nothing more may be parsed from the
/// connection.
class RequestParser {
public:
    enum class Progress { kIncomplete, kComplete, kRefused };

    explicit RequestParser(std::size_t (*body_limit)(std::string_view path))
        : body_limit_(body_limit) {}

    /// `input` starts at the request's first byte and only grows from call to call (it may move in
    /// memory). What follows the request is left alone.
    Progress Advance(std::string_view input);
    /// Makes it ready for the next request.
    void Reset();

    /// From kComplete on, while the input stays where it is: `received_at` is left to the caller.
    Request& Parsed() { return request_; }
    /// Bytes of the whole request; 0 while the header is incomplete.
    std::size_t MessageBytes() const {
        return header_bytes_ == 0 ? 0 : header_bytes_ + content_length_;
    }
    bool HeaderComplete() const { return header_bytes_ != 0; }
    /// The client waits for "100 Continue" before it sends the body. Known from HeaderComplete on.
    bool ExpectsContinue() const { return expects_continue_; }
    /// The connection may be used again after the answer. Always false on HTTP/1.0.
    bool KeepAlive() const { return keep_alive_; }
    bool IsHttp10() const { return http10_; }
    /// The request line was HEAD's, as far as it was read: its refusal has no body.
    bool IsHead() const { return request_.method == Method::kHead; }
    const Refusal& Refused() const { return refusal_; }

private:
    Progress Refuse(const Refusal& refusal);
    Progress ScanLines(std::string_view input);
    Progress ScanLine(std::string_view line);
    Progress ScanRest(std::string_view input);
    Progress ReadHeader(std::string_view input);

    std::size_t (*body_limit_)(std::string_view path);
    Request request_;
    Refusal refusal_;
    std::size_t scanned_ = 0;  ///< no line feed in [line_start_, scanned_)
    std::size_t line_start_ = 0;
    std::size_t message_start_ = 0;  ///< after an empty line that came before the request line
    std::size_t lines_ = 0;  ///< complete ones: request line and fields
    std::size_t header_end_ = 0;
    std::size_t header_bytes_ = 0;
    std::size_t content_length_ = 0;
    bool views_current_ = false;
    bool expects_continue_ = false;
    bool keep_alive_ = false;
    bool http10_ = false;
};

}  // namespace coupon::http
