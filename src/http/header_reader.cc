#include "http/header_reader.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>

#include "common/ascii.h"
#include "common/limits.h"
#include "common/parse_number.h"

namespace coupon::http {
namespace {

namespace beast_http = boost::beast::http;

constexpr Refusal Malformed(std::string_view detail) {
    return {400, TransportEvent::kMalformedRequest, detail};
}

std::string_view ToStd(boost::beast::string_view text) { return {text.data(), text.size()}; }

Method MethodOf(beast_http::verb verb) {
    switch (verb) {
        case beast_http::verb::get: return Method::kGet;
        case beast_http::verb::head: return Method::kHead;
        case beast_http::verb::post: return Method::kPost;
        case beast_http::verb::patch: return Method::kPatch;
        case beast_http::verb::put: return Method::kPut;
        case beast_http::verb::delete_: return Method::kDelete;
        case beast_http::verb::options: return Method::kOptions;
        default: return Method::kOther;
    }
}

/// A host, with a port perhaps: no delimiter that another reader could take for the end of it.
bool IsHost(std::string_view host) {
    return !host.empty() && std::ranges::all_of(host, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte > 0x20 && byte < 0x7f &&
               std::string_view("/?#@\\,\"<>^`{|}").find(c) == std::string_view::npos;
    });
}

/// "HTTP/2.0" is a version that is not supported, "HTTX/1.1" is no version at all.
bool EndsInForeignVersion(std::string_view request_line) {
    const std::string_view version = request_line.substr(request_line.rfind(' ') + 1);
    if (version == "HTTP/1.1" || version == "HTTP/1.0") {
        return false;  // Beast says the same of what follows it
    }
    const auto digit = [&](std::size_t i) { return version[i] >= '0' && version[i] <= '9'; };
    return version.size() == 8 && version.starts_with("HTTP/") && digit(5) && version[6] == '.' &&
           digit(7);
}

}  // namespace

HeaderReader::HeaderReader(Request& request) : request_(request) {
    header_limit(2 * limits::kHeaderBytesMax);  // the scan before this one holds the limit
    skip(true);
}

std::optional<Refusal> HeaderReader::Read(std::string_view header) {
    ErrorCode ec;
    put(boost::asio::const_buffer(header.data(), header.size()), ec);
    if (refusal_) return refusal_;
    if (ec || !is_header_done()) return RefusalOf(ec, header);
    if (!has_host_ && !http10_) return Malformed("A Host header is needed.");
    if (!authority_.empty() && has_host_ && !EqualsIgnoringCase(authority_, host_)) {
        return Malformed("The target's authority differs from the Host header.");
    }
    return std::nullopt;
}

Refusal HeaderReader::RefusalOf(const ErrorCode& ec, std::string_view header) const {
    if (ec == beast_http::error::bad_transfer_encoding) {  // a Content-Length came before it
        return {501, TransportEvent::kTransferEncoding, "Transfer-Encoding is not supported."};
    }
    if (ec == beast_http::error::bad_version &&
        EndsInForeignVersion(header.substr(0, header.find('\r')))) {
        return {505, TransportEvent::kVersionNotSupported,
                "Only HTTP/1.1 and HTTP/1.0 are spoken here."};
    }
    if (ec == beast_http::error::bad_content_length ||
        ec == beast_http::error::multiple_content_length) {
        return Malformed("Content-Length must be one whole number.");
    }
    return Malformed("The request is not well-formed HTTP.");
}

void HeaderReader::Refuse(const Refusal& refusal, ErrorCode& ec) {
    refusal_ = refusal;
    ec = beast_http::error::bad_value;  // any error: it only makes the parser stop
}

void HeaderReader::on_request_impl(beast_http::verb verb, View, View target, int version,
                                   ErrorCode& ec) {
    request_.method = MethodOf(verb);
    http10_ = version == 10;
    if (target.size() > limits::kTargetBytesMax) {
        Refuse({414, TransportEvent::kTargetTooLong, "The request target is too long."}, ec);
    } else if (!ReadTarget(ToStd(target))) {
        Refuse(Malformed("The request target is malformed."), ec);
    }
}

bool HeaderReader::ReadTarget(std::string_view target) {
    if (target.find('#') != std::string_view::npos) return false;
    if (!target.starts_with('/')) {
        if (target == "*") {
            request_.path = target;
            return request_.method == Method::kOptions;
        }
        const std::size_t scheme = target.find("://");
        if (scheme == std::string_view::npos ||
            !(EqualsIgnoringCase(target.substr(0, scheme), "http") ||
              EqualsIgnoringCase(target.substr(0, scheme), "https"))) {
            return false;
        }
        target.remove_prefix(scheme + 3);
        authority_ = target.substr(0, target.find_first_of("/?"));
        target.remove_prefix(authority_.size());
        if (!IsHost(authority_)) return false;
    }
    const std::size_t question = target.find('?');
    request_.path = target.substr(0, question);
    if (question != std::string_view::npos) request_.query = target.substr(question + 1);
    if (request_.path.empty()) request_.path = "/";
    return true;
}

void HeaderReader::on_field_impl(Field field, View, View raw_value, ErrorCode& ec) {
    const std::string_view value = ToStd(raw_value);
    switch (field) {
        case Field::host: return ReadHost(value, ec);
        case Field::content_length: return ReadContentLength(value, ec);
        case Field::transfer_encoding:
            return Refuse(
                {501, TransportEvent::kTransferEncoding, "Transfer-Encoding is not supported."},
                ec);
        case Field::expect:
            if (!EqualsIgnoringCase(value, "100-continue")) {
                return Refuse(
                    {417, TransportEvent::kExpectationFailed, "Only 100-continue can be expected."},
                    ec);
            }
            expects_continue_ = true;
            return;
        case Field::authorization: return TakeOnce(request_.authorization, value, ec);
        case Field::origin: return TakeOnce(request_.origin, value, ec);
        case Field::content_type: return TakeOnce(request_.content_type, value, ec);
        default: return;
    }
}

void HeaderReader::TakeOnce(std::string_view& into, std::string_view value, ErrorCode& ec) {
    if (into.data() != nullptr) {
        return Refuse(Malformed("A header that must stand once is repeated."), ec);
    }
    into = value;
}

void HeaderReader::ReadHost(std::string_view value, ErrorCode& ec) {
    if (has_host_) return Refuse(Malformed("There is more than one Host header."), ec);
    if (!IsHost(value)) return Refuse(Malformed("The Host header is malformed."), ec);
    has_host_ = true;
    host_ = value;
}

void HeaderReader::ReadContentLength(std::string_view value, ErrorCode& ec) {
    if (has_content_length_) {
        return Refuse(Malformed("There is more than one Content-Length header."), ec);
    }
    // Beast takes "5,5" for 5.
    const auto length = ParseWhole<std::uint64_t>(value);
    if (!length) return Refuse(Malformed("Content-Length must be one whole number."), ec);
    has_content_length_ = true;
    content_length_ = *length;
}

}  // namespace coupon::http
