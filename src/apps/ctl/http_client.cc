#include "apps/ctl/http_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/config_values.h"
#include "common/limits.h"

namespace coupon::ctl {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;
using Parser = http::response_parser<http::buffer_body>;

constexpr std::size_t kPieceBytes = 64 * 1024;

http::verb BeastVerb(Verb verb) {
    switch (verb) {
        case Verb::kGet: return http::verb::get;
        case Verb::kPost: return http::verb::post;
        case Verb::kPatch: return http::verb::patch;
        case Verb::kDelete: return http::verb::delete_;
    }
    return http::verb::get;
}

/// One connection from its opening to the end of one answer.
class Exchange {
public:
    Exchange(const Url& url, std::chrono::milliseconds timeout)
        : url_(url), timeout_(timeout), stream_(io_) {}

    Result<void> Connect();
    Result<void> Write(const http::request<http::string_body>& message);
    Result<HttpAnswer> Read(const BodySink& sink);

private:
    /// Starts one operation and runs it to its end or to the time-out; beast's stream cancels it
    /// then.
    template <class Start>
    error_code Await(Start start) {
        error_code outcome;
        stream_.expires_after(timeout_);
        start([&outcome](error_code error, const auto&...) { outcome = error; });
        io_.restart();
        io_.run();
        return outcome;
    }

    Result<std::string_view> ReadPiece(Parser& parser);
    Result<void> ReadBody(Parser& parser, HttpAnswer& answer, const BodySink& sink);
    std::unexpected<Error> Lost(error_code error, std::string_view operation) const;
    std::unexpected<Error> Fail(Applied applied, std::string_view operation,
                                std::string detail) const;

    const Url& url_;
    const std::chrono::milliseconds timeout_;
    asio::io_context io_{1};
    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    std::vector<char> piece_ = std::vector<char>(kPieceBytes);
};

std::unexpected<Error> Exchange::Fail(Applied applied, std::string_view operation,
                                      std::string detail) const {
    return std::unexpected(Error{.code = ErrorCode::kUnavailable,
                                 .operation = std::string(operation),
                                 .applied = applied,
                                 .retry_is_safe = applied == Applied::kNo,
                                 .detail = std::move(detail)});
}

/// A failure after the first byte may have been sent.
std::unexpected<Error> Exchange::Lost(error_code error, std::string_view operation) const {
    if (error == beast::error::timeout) {
        return Fail(Applied::kUnknown, operation,
                    fmt::format("no answer from {} within {}", url_.ToString(),
                                FormatConfigDuration(timeout_)));
    }
    const bool cut = error == http::error::end_of_stream || error == http::error::partial_message ||
                     error == asio::error::eof || error == asio::error::connection_reset ||
                     error == asio::error::broken_pipe;
    return Fail(
        Applied::kUnknown, operation,
        cut ? fmt::format("{} cut the connection before its answer was complete", url_.ToString())
            : fmt::format("no usable answer from {}: {}", url_.ToString(), error.message()));
}

Result<void> Exchange::Connect() {
    asio::ip::tcp::resolver resolver(io_);
    error_code error;
    const auto addresses = resolver.resolve(url_.host, std::to_string(url_.port), error);
    if (!error) {
        error = Await([&](auto done) { stream_.async_connect(addresses, std::move(done)); });
    }
    if (error == beast::error::timeout) {
        return Fail(Applied::kNo, "connect",
                    fmt::format("no connection to {} within {}", url_.ToString(),
                                FormatConfigDuration(timeout_)));
    }
    if (error) {
        return Fail(Applied::kNo, "connect",
                    fmt::format("cannot connect to {}: {}", url_.ToString(), error.message()));
    }
    return {};
}

Result<void> Exchange::Write(const http::request<http::string_body>& message) {
    const error_code error =
        Await([&](auto done) { http::async_write(stream_, message, std::move(done)); });
    // A server may answer and close before it has read the whole request: the answer tells more
    // than the broken pipe.
    const bool answer_may_wait =
        error == asio::error::broken_pipe || error == asio::error::connection_reset;
    if (error && !answer_may_wait) return Lost(error, "send");
    return {};
}

Result<std::string_view> Exchange::ReadPiece(Parser& parser) {
    parser.get().body() = {.data = piece_.data(), .size = piece_.size(), .more = true};
    const error_code error =
        Await([&](auto done) { http::async_read_some(stream_, buffer_, parser, std::move(done)); });
    if (error && error != http::error::need_buffer) return Lost(error, "read body");
    return std::string_view(piece_.data(), piece_.size() - parser.get().body().size);
}

Result<void> Exchange::ReadBody(Parser& parser, HttpAnswer& answer, const BodySink& sink) {
    const bool to_sink = sink && answer.status == 200;
    while (!parser.is_done()) {
        const Result<std::string_view> piece = ReadPiece(parser);
        if (!piece) return std::unexpected(piece.error());
        if (piece->empty()) continue;
        if (to_sink) {
            if (Result<void> taken = sink(*piece); !taken) return taken;
            continue;
        }
        if (answer.body.size() + piece->size() > limits::kAnswerBytesMax) {
            return Fail(Applied::kUnknown, "read body",
                        fmt::format("the answer is larger than {} bytes", limits::kAnswerBytesMax));
        }
        answer.body.append(*piece);
    }
    return {};
}

Result<HttpAnswer> Exchange::Read(const BodySink& sink) {
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(limits::kHeaderBytesMax));
    parser.body_limit(boost::none);  // ReadBody has its own; a streamed list may be of any length
    const error_code error = Await(
        [&](auto done) { http::async_read_header(stream_, buffer_, parser, std::move(done)); });
    if (error) return Lost(error, "read");
    const auto& head = parser.get();
    HttpAnswer answer{.status = static_cast<int>(head.result_int()),
                      .content_type = std::string(head[http::field::content_type]),
                      .retry_after = std::string(head[http::field::retry_after]),
                      .body = {}};
    // Without a length, the end of the list and a cut connection look the same.
    if (!parser.is_done() && !parser.chunked() && !parser.content_length()) {
        return Fail(Applied::kUnknown, "read",
                    fmt::format("the answer of {} does not say where it ends", url_.ToString()));
    }
    if (Result<void> body = ReadBody(parser, answer, sink); !body) {
        return std::unexpected(body.error());
    }
    return answer;
}

}  // namespace

HttpClient::HttpClient(Url url, std::string bearer_token)
    : url_(std::move(url)), bearer_token_(std::move(bearer_token)) {}

Result<HttpAnswer> HttpClient::Send(const HttpRequest& request, std::chrono::milliseconds timeout,
                                    const BodySink& sink) {
    http::request<http::string_body> message(BeastVerb(request.verb), url_.prefix + request.path,
                                             11);
    message.set(http::field::host, url_.Authority());
    message.set(http::field::user_agent, "couponctl");
    message.set(http::field::connection, "close");
    if (!bearer_token_.empty()) message.set(http::field::authorization, "Bearer " + bearer_token_);
    if (!request.body.empty()) message.set(http::field::content_type, "application/json");
    message.body() = request.body;
    message.prepare_payload();

    Exchange exchange(url_, timeout);
    if (Result<void> connected = exchange.Connect(); !connected) {
        return std::unexpected(connected.error());
    }
    if (Result<void> written = exchange.Write(message); !written) {
        return std::unexpected(written.error());
    }
    return exchange.Read(sink);
}

}  // namespace coupon::ctl
