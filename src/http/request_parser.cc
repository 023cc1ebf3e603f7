#include "http/request_parser.h"

#include <cstring>

#include "common/check.h"
#include "common/limits.h"
#include "http/header_reader.h"

namespace coupon::http {
namespace {

constexpr Refusal kBareLineFeed{400, TransportEvent::kMalformedRequest, "A line must end in CRLF."};
constexpr Refusal kBareCarriageReturn{400, TransportEvent::kMalformedRequest,
                                      "A line must end in CRLF."};
constexpr Refusal kFolded{400, TransportEvent::kMalformedRequest,
                          "A header must not be folded over lines."};
constexpr Refusal kEmptyLines{400, TransportEvent::kMalformedRequest,
                              "A request line is expected."};
constexpr Refusal kTargetTooLong{414, TransportEvent::kTargetTooLong,
                                 "The request target is too long."};
constexpr Refusal kTooManyFields{431, TransportEvent::kHeaderTooLarge,
                                 "There are too many headers."};
constexpr Refusal kHeaderTooLarge{431, TransportEvent::kHeaderTooLarge,
                                  "The headers are too large."};
constexpr Refusal kBodyTooLarge{413, TransportEvent::kBodyTooLarge, "The body is too large."};

}  // namespace

void RequestParser::Reset() { *this = RequestParser(body_limit_); }

RequestParser::Progress RequestParser::Refuse(const Refusal& refusal) {
    refusal_ = refusal;
    return Progress::kRefused;
}

RequestParser::Progress RequestParser::Advance(std::string_view input) {
    if (header_bytes_ == 0) {
        if (header_end_ == 0) {
            const Progress scan = ScanLines(input);
            if (scan != Progress::kComplete) return scan;
        }
        const Progress header = ReadHeader(input);
        if (header != Progress::kComplete) return header;
    }
    if (input.size() < MessageBytes()) {
        views_current_ = false;  // the input may have moved when it comes back
        return Progress::kIncomplete;
    }
    if (!views_current_) {
        const Progress header = ReadHeader(input);
        CHECK(header == Progress::kComplete);
    }
    request_.body = input.substr(header_bytes_, content_length_);
    return Progress::kComplete;
}

// Finds the end of the header and refuses on the way what must not reach Beast or must not be
// waited for.
RequestParser::Progress RequestParser::ScanLines(std::string_view input) {
    for (;;) {
        const void* const found =
            std::memchr(input.data() + scanned_, '\n', input.size() - scanned_);
        if (found == nullptr) return ScanRest(input);
        const auto line_feed =
            static_cast<std::size_t>(static_cast<const char*>(found) - input.data());
        const std::string_view line = input.substr(line_start_, line_feed - line_start_);
        line_start_ = scanned_ = line_feed + 1;
        if (line_start_ > limits::kHeaderBytesMax) {
            return Refuse(lines_ == 0 ? kTargetTooLong : kHeaderTooLarge);
        }
        if (line.empty() || line.back() != '\r') return Refuse(kBareLineFeed);
        if (line.find('\r') + 1 != line.size()) return Refuse(kBareCarriageReturn);
        if (line.size() == 1 && lines_ != 0) {
            header_end_ = line_start_;
            return Progress::kComplete;
        }
        if (const Progress progress = ScanLine(line); progress == Progress::kRefused) {
            return progress;
        }
    }
}

RequestParser::Progress RequestParser::ScanLine(std::string_view line) {
    if (line.size() == 1) {
        // One empty line before the request line is forgiven (RFC 9112, 2.2).
        if (message_start_ != 0) return Refuse(kEmptyLines);
        message_start_ = line_start_;
        return Progress::kIncomplete;
    }
    // Beast copies folded values aside, or joins them silently when their first line is empty.
    if (lines_ != 0 && (line.front() == ' ' || line.front() == '\t')) return Refuse(kFolded);
    // As ScanRest says of a line that is not complete: the same, however the bytes arrive.
    if (lines_ == 0 && line.size() > limits::kRequestLineBytesMax) return Refuse(kTargetTooLong);
    ++lines_;
    return lines_ > limits::kHeaderFieldsMax + 1 ? Refuse(kTooManyFields) : Progress::kIncomplete;
}

// The last line is not complete: what can be refused already is not waited for.
RequestParser::Progress RequestParser::ScanRest(std::string_view input) {
    const std::string_view rest = input.substr(scanned_ > line_start_ ? scanned_ - 1 : line_start_);
    const std::size_t carriage_return = rest.find('\r');
    if (carriage_return != std::string_view::npos && carriage_return + 1 != rest.size()) {
        return Refuse(kBareCarriageReturn);
    }
    scanned_ = input.size();
    if (lines_ == 0 && input.size() - message_start_ > limits::kRequestLineBytesMax) {
        return Refuse(kTargetTooLong);
    }
    return input.size() > limits::kHeaderBytesMax ? Refuse(kHeaderTooLarge) : Progress::kIncomplete;
}

RequestParser::Progress RequestParser::ReadHeader(std::string_view input) {
    request_ = Request{};
    HeaderReader reader(request_);
    if (const auto refusal =
            reader.Read(input.substr(message_start_, header_end_ - message_start_))) {
        return Refuse(*refusal);
    }
    if (reader.ContentLength() > 0 && reader.ContentLength() > body_limit_(request_.path)) {
        return Refuse(kBodyTooLarge);
    }
    header_bytes_ = header_end_;
    content_length_ = reader.ContentLength();
    expects_continue_ = reader.ExpectsContinue();
    http10_ = reader.IsHttp10();
    keep_alive_ = !http10_ && reader.keep_alive();
    views_current_ = true;
    return Progress::kComplete;
}

}  // namespace coupon::http
